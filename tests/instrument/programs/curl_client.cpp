// A program that calls LLMs through libcurl, as many do: curl_client SCENARIO URL
#include "curl_client.hpp"

#include <cstdio>

namespace curl_client {

std::string question(const std::string& text, bool stream) {
  return R"({"model":"gpt-4o",)" +
         std::string{stream ? R"("stream":true,"stream_options":{"include_usage":true},)" : ""} +
         R"("messages":[{"role":"user","content":")" + text + R"("}]})";
}

std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, size * count);
  return size * count;
}

curl_slist* json_headers() { return curl_slist_append(nullptr, "Content-Type: application/json"); }

CURL* prepare(const std::string& url, const std::string& body, curl_slist* headers, Answer& answer) {
  CURL* handle = curl_easy_init();
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body.c_str());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &keep);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
  return handle;
}

void perform(CURL* handle, Answer& answer) {
  answer.code = curl_easy_perform(handle);
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
}

Answer ask(const std::string& url, const std::string& body) {
  Answer answer;
  curl_slist* headers = json_headers();
  CURL* handle = prepare(url, body, headers, answer);
  perform(handle, answer);
  curl_easy_cleanup(handle);
  curl_slist_free_all(headers);
  return answer;
}

void print(const char* name, const Answer& answer) {
  std::printf("%s: code %d, status %ld\n%s%s\n", name, static_cast<int>(answer.code), answer.status,
              answer.headers.c_str(), answer.body.c_str());
  std::fflush(stdout);
}

}  // namespace curl_client

int main(int count, char** arguments) {
  if (count != 3) return 2;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  int result = curl_client::transfer_scenario(arguments[1], arguments[2]);
  if (result < 0) result = curl_client::process_scenario(arguments[1], arguments[2], arguments);
  curl_global_cleanup();
  return result < 0 ? 2 : result;
}
