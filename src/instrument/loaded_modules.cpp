#include "instrument/loaded_modules.hpp"

#include "runtime/module_walk.hpp"

#include <cstring>
#include <dlfcn.h>

namespace llmtrace::instrument {
namespace {

struct Seen {
  ElfW(Addr) base;
  const ElfW(Phdr) * headers;
  std::size_t count;
  std::string path;
};

struct Collection {
  std::vector<Seen> seen;
  bool out_of_memory = false;
};

// Only collects: whatever takes a lock of the linker in here could meet another thread half-way.
int collect(dl_phdr_info* info, std::size_t, void* into) noexcept {
  auto& collection = *static_cast<Collection*>(into);
  try {
    const char* name = info->dlpi_name != nullptr ? info->dlpi_name : "";
    collection.seen.push_back({info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum, name});
  } catch (const std::bad_alloc&) {
    collection.out_of_memory = true;
    return 1;
  }
  return 0;
}

int read_count(dl_phdr_info* info, std::size_t size, void* into) noexcept {
  if (size >= offsetof(dl_phdr_info, dlpi_adds) + sizeof(info->dlpi_adds))
    *static_cast<unsigned long long*>(into) = info->dlpi_adds;
  return 1;
}

// The address is that of a variable of ours: of every copy of the library its own.
int find_own(dl_phdr_info* info, std::size_t, void* into) noexcept {
  auto& range = *static_cast<MemoryRange*>(into);
  const ElfImage image{info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum};
  static const char ours = 0;
  if (!image.range().contains(&ours)) return 0;
  range = image.range();
  return 1;
}

// It may have been unloaded since, and another may lie in its place.
LibraryHold hold(const Seen& seen) noexcept {
  LibraryHold held{::dlopen(seen.path.c_str(), RTLD_LAZY | RTLD_NOLOAD)};
  if (held && static_cast<const link_map*>(held.get())->l_addr != seen.base) held.reset();
  return held;
}

bool is_skipped(const Seen& seen) noexcept {
  return seen.path.find("linux-vdso") != std::string::npos || seen.path.find("/ld-") != std::string::npos ||
         seen.path.find("linux-gate") != std::string::npos;
}

}  // namespace

void LibraryCloser::operator()(void* handle) const noexcept { ::dlclose(handle); }

unsigned long long count_of_loads() noexcept {
  unsigned long long count = 0;
  runtime::walk_modules(&read_count, &count);
  return count;
}

MemoryRange own_module() noexcept {
  static const MemoryRange found = [] {
    MemoryRange range;
    runtime::walk_modules(&find_own, &range);
    return range;
  }();
  return found;
}

std::vector<LoadedModule> loaded_modules() {
  Collection collection;
  runtime::walk_modules(&collect, &collection);
  if (collection.out_of_memory) throw std::bad_alloc{};
  std::vector<LoadedModule> modules;
  for (Seen& seen : collection.seen) {
    if (is_skipped(seen)) continue;
    LibraryHold held = seen.path.empty() ? nullptr : hold(seen);
    if (!held && !seen.path.empty()) continue;
    const ElfImage image{seen.base, seen.headers, seen.count};
    const bool is_ours = image.range().begin == own_module().begin && !seen.path.empty();
    if (image.valid() && !is_ours) modules.push_back({std::move(seen.path), image, std::move(held)});
  }
  return modules;
}

}  // namespace llmtrace::instrument
