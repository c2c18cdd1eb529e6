#include "instrument/library_loading.hpp"

#include "instrument/loaded_modules.hpp"

#include <atomic>
#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <new>
#include <string>
#include <unistd.h>

namespace llmtrace::instrument {
namespace {

std::atomic<LoadedSomething> loaded_something{nullptr};
constinit thread_local bool is_quiet = false;

struct SearchList {
  std::unique_ptr<char[]> memory;
  [[nodiscard]] const Dl_serinfo* info() const noexcept {
    return reinterpret_cast<const Dl_serinfo*>(memory.get());
  }
};

// Where the dynamic linker looks for what this module opens, without the places where it looks for anybody.
SearchList search_list(void* module) {
  Dl_serinfo size{};
  if (::dlinfo(module, RTLD_DI_SERINFOSIZE, &size) != 0) return {};
  SearchList list{std::make_unique<char[]>(size.dls_size)};
  auto* info = reinterpret_cast<Dl_serinfo*>(list.memory.get());
  *info = size;
  if (::dlinfo(module, RTLD_DI_SERINFO, info) != 0) return {};
  return list;
}

// Null when the caller says nothing of its own about where to look.
link_map* module_with_search_path(const void* caller) noexcept {
  Dl_info info{};
  link_map* map = nullptr;
  if (::dladdr1(caller, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) == 0 || map == nullptr)
    return nullptr;
  for (const ElfW(Dyn)* one = map->l_ld; one != nullptr && one->d_tag != DT_NULL; ++one)
    if (one->d_tag == DT_RUNPATH || one->d_tag == DT_RPATH) return map;
  return nullptr;
}

void* open_beside(link_map* module, const char* name, int flags) {
  const SearchList list = search_list(module);
  if (!list.memory) return nullptr;
  for (unsigned i = 0; i < list.info()->dls_cnt; ++i) {
    const Dl_serpath& place = list.info()->dls_serpath[i];
    if ((place.dls_flags & LA_SER_DEFAULT) != 0 || place.dls_name == nullptr || *place.dls_name == '\0')
      continue;
    const std::string path = std::string{place.dls_name} + "/" + name;
    if (::access(path.c_str(), R_OK) != 0) continue;
    if (void* opened = real_dlopen()(path.c_str(), flags)) return opened;
  }
  return nullptr;
}

// The real one looks where we are, not where the caller is: so of a bare name the caller's own places come
// first, if it has any.
void* open_for(const void* caller, const char* path, int flags) {
  const bool is_bare = path != nullptr && *path != '\0' && std::strchr(path, '/') == nullptr;
  link_map* module = is_bare ? module_with_search_path(caller) : nullptr;
  if (module == nullptr) return real_dlopen()(path, flags);
  void* opened = nullptr;
  try {
    void* known = real_dlopen()(path, RTLD_LAZY | RTLD_NOLOAD);
    if (known == nullptr) opened = open_beside(module, path, flags);
    if (known != nullptr) ::dlclose(known);
  } catch (const std::bad_alloc&) {
    opened = nullptr;
  }
  static_cast<void>(::dlerror());  // ours, and not the program's
  return opened != nullptr ? opened : real_dlopen()(path, flags);
}

// Never inlined and never a tail call: who called is read off the stack.
__attribute__((noinline)) void* watching(const char* path, int flags) {
  if (is_quiet) return real_dlopen()(path, flags);
  void* opened = open_for(__builtin_return_address(0), path, flags);
  const LoadedSomething told = loaded_something.load(std::memory_order_acquire);
  if (opened != nullptr && told != nullptr) told();
  return opened;
}

}  // namespace

DlopenFunction real_dlopen() noexcept {
  static const auto real = reinterpret_cast<DlopenFunction>(::dlsym(RTLD_DEFAULT, "dlopen"));
  return real;
}

DlopenFunction watched_dlopen() noexcept { return &watching; }

QuietLoading::QuietLoading() noexcept : before_{is_quiet} { is_quiet = true; }
QuietLoading::~QuietLoading() { is_quiet = before_; }

void set_loaded_something(LoadedSomething told) noexcept {
  loaded_something.store(told, std::memory_order_release);
}

}  // namespace llmtrace::instrument
