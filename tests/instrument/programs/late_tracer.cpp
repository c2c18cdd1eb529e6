// Makes a call of a model, and only then starts the tracer that it is linked with.
#include <llmtrace/llmtrace.hpp>

#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

std::size_t forget(char*, std::size_t size, std::size_t count, void*) { return size * count; }

void call_model(const std::string& url) {
  CURL* handle = curl_easy_init();
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, R"({"model":"gpt-4o-mini","messages":[]})");
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &forget);
  if (curl_easy_perform(handle) == CURLE_OK) std::puts("called");
  curl_easy_cleanup(handle);
}

}  // namespace

int main() {
  const char* base = std::getenv("OPENAI_BASE_URL");
  if (base == nullptr) return 2;
  const std::string url = std::string{base} + "/chat/completions";
  call_model(url);
  auto tracing = llmtrace::Tracer::init();
  const llmtrace::Span span{"mine", llmtrace::SpanKind::llm};
  call_model(url);
}
