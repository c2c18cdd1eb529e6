// A program that traces itself, and calls a model where nobody answers: with the agent beside it, its own
// span of the call is filled by what the agent sees.
#include <llmtrace/llmtrace.hpp>

#include <curl/curl.h>

#include <string>

int main(int, char** arguments) {
  llmtrace::Options options;
  options.project = "beside";
  options.exporter = std::string{"file:"} + arguments[1];
  auto tracing = llmtrace::Tracer::init(options);
  const llmtrace::TraceScope trace{"request"};
  const llmtrace::Span span{"call", llmtrace::SpanKind::llm};
  CURL* handle = curl_easy_init();
  curl_easy_setopt(handle, CURLOPT_URL, "http://127.0.0.1:1/v1/chat/completions");
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, R"({"model":"gpt-4o","messages":[]})");
  const bool was_refused = curl_easy_perform(handle) == CURLE_COULDNT_CONNECT;
  curl_easy_cleanup(handle);
  return was_refused ? 0 : 1;
}
