// The libcurl that sends what the agent has traced: the one that the program has loaded, else the system's,
// opened when it is first needed. The agent links none, so it changes nothing in programs that have none.
#include "instrument/curl_functions.hpp"
#include "instrument/library_loading.hpp"
#include "instrument/loaded_modules.hpp"

#include <dlfcn.h>
#include <new>

// They are macros in newer headers.
#undef curl_multi_setopt

namespace llmtrace::instrument {
namespace {

constexpr const char* usual_files[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4"};

struct Library {
  void* handle = nullptr;
};

void* open_loaded() noexcept {
  try {
    for (const LoadedModule& module : loaded_modules()) {
      if (module.path.empty() || find_curl_functions(module.image).easy_perform == nullptr) continue;
      if (void* handle = real_dlopen()(module.path.c_str(), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE))
        return handle;
    }
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return nullptr;
}

Library open_curl() noexcept {
  const QuietLoading quiet;
  if (void* loaded = open_loaded()) return {loaded};
  for (const char* file : usual_files)
    if (void* handle = real_dlopen()(file, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE)) return {handle};
  return {};
}

template <class Function>
Function* find(const char* name) noexcept {
  static const Library library = open_curl();
  return library.handle != nullptr ? reinterpret_cast<Function*>(::dlsym(library.handle, name)) : nullptr;
}

}  // namespace
}  // namespace llmtrace::instrument

// Looks the function up once, and says `otherwise` where there is no libcurl.
#define LLMTRACE_FORWARD(function, otherwise, ...)                                      \
  do {                                                                                  \
    static const auto real = llmtrace::instrument::find<decltype(function)>(#function); \
    return real != nullptr ? real(__VA_ARGS__) : (otherwise);                           \
  } while (false)
#define LLMTRACE_FORWARD_VOID(function, ...)                                            \
  do {                                                                                  \
    static const auto real = llmtrace::instrument::find<decltype(function)>(#function); \
    if (real != nullptr) real(__VA_ARGS__);                                             \
  } while (false)

// Parameters are named as curl names them.
extern "C" {
CURLcode curl_global_init(long flags) { LLMTRACE_FORWARD(curl_global_init, CURLE_FAILED_INIT, flags); }
CURL* curl_easy_init() { LLMTRACE_FORWARD(curl_easy_init, nullptr); }
CURLcode curl_easy_setopt(CURL* curl, CURLoption option, ...) {
  LLMTRACE_VALUE_BEHIND(option);
  LLMTRACE_FORWARD(curl_easy_setopt, CURLE_FAILED_INIT, curl, option, value);
}
CURLcode curl_easy_perform(CURL* curl) { LLMTRACE_FORWARD(curl_easy_perform, CURLE_FAILED_INIT, curl); }
CURLcode curl_easy_getinfo(CURL* curl, CURLINFO info, ...) {
  LLMTRACE_VALUE_BEHIND(info);
  LLMTRACE_FORWARD(curl_easy_getinfo, CURLE_FAILED_INIT, curl, info, value);
}
void curl_easy_cleanup(CURL* curl) { LLMTRACE_FORWARD_VOID(curl_easy_cleanup, curl); }
void curl_easy_reset(CURL* curl) { LLMTRACE_FORWARD_VOID(curl_easy_reset, curl); }
const char* curl_easy_strerror(CURLcode code) {
  LLMTRACE_FORWARD(curl_easy_strerror, "there is no libcurl", code);
}
CURLM* curl_multi_init() { LLMTRACE_FORWARD(curl_multi_init, nullptr); }
CURLMcode curl_multi_cleanup(CURLM* multi) { LLMTRACE_FORWARD(curl_multi_cleanup, CURLM_BAD_HANDLE, multi); }
CURLMcode curl_multi_setopt(CURLM* multi, CURLMoption option, ...) {
  LLMTRACE_VALUE_BEHIND(option);
  LLMTRACE_FORWARD(curl_multi_setopt, CURLM_BAD_HANDLE, multi, option, value);
}
CURLMcode curl_multi_add_handle(CURLM* multi, CURL* curl) {
  LLMTRACE_FORWARD(curl_multi_add_handle, CURLM_BAD_HANDLE, multi, curl);
}
CURLMcode curl_multi_remove_handle(CURLM* multi, CURL* curl) {
  LLMTRACE_FORWARD(curl_multi_remove_handle, CURLM_BAD_HANDLE, multi, curl);
}
CURLMcode curl_multi_perform(CURLM* multi, int* running) {
  LLMTRACE_FORWARD(curl_multi_perform, CURLM_BAD_HANDLE, multi, running);
}
CURLMcode curl_multi_poll(CURLM* multi, curl_waitfd extra_fds[], unsigned extra_nfds, int timeout_ms,
                          int* ret) {
  LLMTRACE_FORWARD(curl_multi_poll, CURLM_BAD_HANDLE, multi, extra_fds, extra_nfds, timeout_ms, ret);
}
CURLMsg* curl_multi_info_read(CURLM* multi, int* msgs_in_queue) {
  LLMTRACE_FORWARD(curl_multi_info_read, nullptr, multi, msgs_in_queue);
}
curl_slist* curl_slist_append(curl_slist* list, const char* data) {
  LLMTRACE_FORWARD(curl_slist_append, nullptr, list, data);
}
void curl_slist_free_all(curl_slist* list) { LLMTRACE_FORWARD_VOID(curl_slist_free_all, list); }
}
