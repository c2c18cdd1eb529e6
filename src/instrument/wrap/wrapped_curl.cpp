// Linked into a program by llmtrace_instrument(): the linker leads the program's calls of libcurl here
// (--wrap), and what is called here as __real_… to libcurl.
#include "instrument/static_curl.hpp"

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): names that the linker gives
extern "C" {
CURL* __real_curl_easy_init();
CURLcode __real_curl_easy_setopt(CURL*, CURLoption, ...);
CURLcode __real_curl_easy_perform(CURL*);
void __real_curl_easy_cleanup(CURL*);
void __real_curl_easy_reset(CURL*);
CURL* __real_curl_easy_duphandle(CURL*);
CURLMcode __real_curl_multi_add_handle(CURLM*, CURL*);
CURLMcode __real_curl_multi_remove_handle(CURLM*, CURL*);
CURLMsg* __real_curl_multi_info_read(CURLM*, int*);
CURLMcode __real_curl_multi_cleanup(CURLM*);
curl_mimepart* __real_curl_mime_addpart(curl_mime*);
CURLcode __real_curl_mime_name(curl_mimepart*, const char*);
CURLcode __real_curl_mime_data(curl_mimepart*, const char*, std::size_t);
void __real_curl_mime_free(curl_mime*);
}

namespace {

using llmtrace::instrument::CurlFunctions;

CurlFunctions real_functions() noexcept {
  CurlFunctions real;
  real.easy_init = &__real_curl_easy_init;
  real.easy_setopt = &__real_curl_easy_setopt;
  real.easy_perform = &__real_curl_easy_perform;
  real.easy_cleanup = &__real_curl_easy_cleanup;
  real.easy_reset = &__real_curl_easy_reset;
  real.easy_duphandle = &__real_curl_easy_duphandle;
  real.multi_add_handle = &__real_curl_multi_add_handle;
  real.multi_remove_handle = &__real_curl_multi_remove_handle;
  real.multi_info_read = &__real_curl_multi_info_read;
  real.multi_cleanup = &__real_curl_multi_cleanup;
  real.mime_addpart = &__real_curl_mime_addpart;
  real.mime_name = &__real_curl_mime_name;
  real.mime_data = &__real_curl_mime_data;
  real.mime_free = &__real_curl_mime_free;
  real.easy_getinfo = &curl_easy_getinfo;
  real.easy_strerror = &curl_easy_strerror;
  real.version = &curl_version;
  real.url_get = reinterpret_cast<decltype(real.url_get)>(&curl_url_get);
  real.free = &curl_free;
  return real;
}

const CurlFunctions& traced() noexcept {
  static const CurlFunctions real = real_functions();
  static const CurlFunctions* const hooks = llmtrace_wrap_curl_v1(&real);
  return *hooks;
}

// Before main, so that discover() knows of it.
[[maybe_unused]] const CurlFunctions& told_at_start = traced();

}  // namespace

extern "C" {
CURL* __wrap_curl_easy_init() { return traced().easy_init(); }
CURLcode __wrap_curl_easy_setopt(CURL* handle, CURLoption option, ...) {
  LLMTRACE_VALUE_BEHIND(option);
  return traced().easy_setopt(handle, option, value);
}
CURLcode __wrap_curl_easy_perform(CURL* handle) { return traced().easy_perform(handle); }
void __wrap_curl_easy_cleanup(CURL* handle) { traced().easy_cleanup(handle); }
void __wrap_curl_easy_reset(CURL* handle) { traced().easy_reset(handle); }
CURL* __wrap_curl_easy_duphandle(CURL* handle) { return traced().easy_duphandle(handle); }
CURLMcode __wrap_curl_multi_add_handle(CURLM* multi, CURL* handle) {
  return traced().multi_add_handle(multi, handle);
}
CURLMcode __wrap_curl_multi_remove_handle(CURLM* multi, CURL* handle) {
  return traced().multi_remove_handle(multi, handle);
}
CURLMsg* __wrap_curl_multi_info_read(CURLM* multi, int* left) {
  return traced().multi_info_read(multi, left);
}
CURLMcode __wrap_curl_multi_cleanup(CURLM* multi) { return traced().multi_cleanup(multi); }
curl_mimepart* __wrap_curl_mime_addpart(curl_mime* mime) { return traced().mime_addpart(mime); }
CURLcode __wrap_curl_mime_name(curl_mimepart* part, const char* name) {
  return traced().mime_name(part, name);
}
CURLcode __wrap_curl_mime_data(curl_mimepart* part, const char* data, std::size_t size) {
  return traced().mime_data(part, data, size);
}
void __wrap_curl_mime_free(curl_mime* mime) { traced().mime_free(mime); }
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
