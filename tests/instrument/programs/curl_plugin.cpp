// A module with libcurl behind it, for programs that have none when they begin.
#include <curl/curl.h>

#include <string>

namespace {

std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, size * count);
  return size * count;
}

}  // namespace

extern "C" void plugin_call(const char* url, const char* body, std::string* answer) {
  CURL* handle = curl_easy_init();
  curl_easy_setopt(handle, CURLOPT_URL, url);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &keep);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer);
  curl_easy_perform(handle);
  curl_easy_cleanup(handle);
}
