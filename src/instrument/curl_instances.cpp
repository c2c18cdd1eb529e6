#include "instrument/curl_instances.hpp"

#include "instrument/curl_hooks.hpp"

#include <algorithm>
#include <dlfcn.h>
#include <utility>

namespace llmtrace::instrument {
namespace {

CurlInstance& instance(std::size_t index) noexcept {
  // never destroyed: static destructors may make calls
  alignas(CurlInstance) static unsigned char memory[most_instances][sizeof(CurlInstance)];
  static const bool made = [] {
    for (auto& one : memory) new (one) CurlInstance;
    return true;
  }();
  static_cast<void>(made);
  return *reinterpret_cast<CurlInstance*>(memory[index]);
}

// A table of real functions, which the trampolines read without asking for the instance.
CurlFunctions functions_of[most_instances];

template <std::size_t index>
struct Trampolines {
  static const CurlFunctions& curl() noexcept { return functions_of[index]; }

  static CURL* easy_init() { return hooks::easy_init(curl()); }
  static CURLcode easy_setopt(CURL* handle, CURLoption option, ...) {
    LLMTRACE_VALUE_BEHIND(option);
    return hooks::easy_setopt(curl(), handle, option, value);
  }
  static CURLcode easy_perform(CURL* handle) { return hooks::easy_perform(curl(), handle); }
  static void easy_cleanup(CURL* handle) { hooks::easy_cleanup(curl(), handle); }
  static void easy_reset(CURL* handle) { hooks::easy_reset(curl(), handle); }
  static CURL* easy_duphandle(CURL* handle) { return hooks::easy_duphandle(curl(), handle); }
  static CURLMcode multi_add_handle(CURLM* multi, CURL* handle) {
    return hooks::multi_add_handle(curl(), multi, handle);
  }
  static CURLMcode multi_remove_handle(CURLM* multi, CURL* handle) {
    return hooks::multi_remove_handle(curl(), multi, handle);
  }
  static CURLMsg* multi_info_read(CURLM* multi, int* left) {
    return hooks::multi_info_read(curl(), multi, left);
  }
  static CURLMcode multi_cleanup(CURLM* multi) { return hooks::multi_cleanup(curl(), multi); }
  static curl_mimepart* mime_addpart(curl_mime* mime) { return hooks::mime_addpart(curl(), mime); }
  static CURLcode mime_name(curl_mimepart* part, const char* name) {
    return hooks::mime_name(curl(), part, name);
  }
  static CURLcode mime_data(curl_mimepart* part, const char* data, std::size_t size) {
    return hooks::mime_data(curl(), part, data, size);
  }
  static void mime_free(curl_mime* mime) { hooks::mime_free(curl(), mime); }

  static CurlFunctions all() noexcept {
    CurlFunctions functions;
    functions.easy_init = &easy_init;
    functions.easy_setopt = &easy_setopt;
    functions.easy_perform = &easy_perform;
    functions.easy_cleanup = &easy_cleanup;
    functions.easy_reset = &easy_reset;
    functions.easy_duphandle = &easy_duphandle;
    functions.multi_add_handle = &multi_add_handle;
    functions.multi_remove_handle = &multi_remove_handle;
    functions.multi_info_read = &multi_info_read;
    functions.multi_cleanup = &multi_cleanup;
    functions.mime_addpart = &mime_addpart;
    functions.mime_name = &mime_name;
    functions.mime_data = &mime_data;
    functions.mime_free = &mime_free;
    return functions;
  }
};

template <std::size_t... indices>
CurlFunctions trampolines(std::size_t index, std::index_sequence<indices...>) noexcept {
  CurlFunctions found;
  static_cast<void>(((indices == index && (found = Trampolines<indices>::all(), true)) || ...));
  return found;
}

void keep_loaded(const LoadedModule& module) noexcept {
  static_cast<void>(
      ::dlopen(module.path.empty() ? nullptr : module.path.c_str(), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE));
}

}  // namespace

CurlInstance& CurlInstances::operator[](std::size_t index) noexcept { return instance(index); }

CurlInstance* CurlInstances::add(const LoadedModule& module) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): modules are ranges of numbers
  if (CurlInstance* known = find(reinterpret_cast<const void*>(module.image.range().begin))) return known;
  if (size_ == most_instances) return nullptr;
  const CurlFunctions functions = find_curl_functions(module.image);
  if (functions.easy_perform == nullptr) return nullptr;
  CurlInstance& made = instance(size_);
  made.path = module.path;
  made.soname = module.image.soname();
  made.functions = functions;
  made.original = hooked_functions(functions);
  made.replacement = hooked_functions(trampolines(size_, std::make_index_sequence<most_instances>{}));
  made.range = module.image.range();
  functions_of[size_] = functions;
  keep_loaded(module);
  ++size_;
  return &made;
}

CurlInstance* CurlInstances::find(const void* address) noexcept {
  for (std::size_t i = 0; i < size_; ++i)
    if (instance(i).range.contains(address)) return &instance(i);
  return nullptr;
}

CurlInstance* CurlInstances::find_soname(std::string_view soname) noexcept {
  for (std::size_t i = 0; i < size_; ++i)
    if (!soname.empty() && instance(i).soname == soname) return &instance(i);
  return nullptr;
}

CurlInstance* CurlInstances::replaced_by(const void* replacement) noexcept {
  for (std::size_t i = 0; i < size_; ++i) {
    const auto& table = instance(i).replacement.address;
    if (std::find(std::begin(table), std::end(table), replacement) != std::end(table)) return &instance(i);
  }
  return nullptr;
}

}  // namespace llmtrace::instrument
