#include "instrument/static_curl.hpp"

#include "instrument/curl_hooks.hpp"

#include <atomic>

namespace llmtrace::instrument {
namespace {

std::atomic<const CurlFunctions*> wrapped{nullptr};

const CurlFunctions& curl() noexcept { return *wrapped.load(std::memory_order_acquire); }

CURLcode easy_setopt(CURL* handle, CURLoption option, ...) {
  LLMTRACE_VALUE_BEHIND(option);
  return hooks::easy_setopt(curl(), handle, option, value);
}

CurlFunctions make_hooks() noexcept {
  CurlFunctions to;
  to.easy_init = [] { return hooks::easy_init(curl()); };
  to.easy_setopt = &easy_setopt;
  to.easy_perform = [](CURL* handle) { return hooks::easy_perform(curl(), handle); };
  to.easy_cleanup = [](CURL* handle) { hooks::easy_cleanup(curl(), handle); };
  to.easy_reset = [](CURL* handle) { hooks::easy_reset(curl(), handle); };
  to.easy_duphandle = [](CURL* handle) { return hooks::easy_duphandle(curl(), handle); };
  to.multi_add_handle = [](CURLM* multi, CURL* handle) {
    return hooks::multi_add_handle(curl(), multi, handle);
  };
  to.multi_remove_handle = [](CURLM* multi, CURL* handle) {
    return hooks::multi_remove_handle(curl(), multi, handle);
  };
  to.multi_info_read = [](CURLM* multi, int* left) { return hooks::multi_info_read(curl(), multi, left); };
  to.multi_cleanup = [](CURLM* multi) { return hooks::multi_cleanup(curl(), multi); };
  to.mime_addpart = [](curl_mime* mime) { return hooks::mime_addpart(curl(), mime); };
  to.mime_name = [](curl_mimepart* part, const char* name) { return hooks::mime_name(curl(), part, name); };
  to.mime_data = [](curl_mimepart* part, const char* data, std::size_t size) {
    return hooks::mime_data(curl(), part, data, size);
  };
  to.mime_free = [](curl_mime* mime) { hooks::mime_free(curl(), mime); };
  return to;
}

}  // namespace

bool has_static_curl() noexcept { return wrapped.load(std::memory_order_acquire) != nullptr; }

std::string static_curl_version() { return has_static_curl() ? curl().version() : ""; }

}  // namespace llmtrace::instrument

const llmtrace::instrument::CurlFunctions* llmtrace_wrap_curl_v1(
    const llmtrace::instrument::CurlFunctions* real) noexcept {
  using namespace llmtrace::instrument;
  static const CurlFunctions hooks = make_hooks();
  wrapped.store(real, std::memory_order_release);
  return &hooks;
}
