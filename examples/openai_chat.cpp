// A streamed chat over libcurl: the bytes are recorded as they come, the worker reads model, tokens and cost.
// OPENAI_API_KEY=… openai_chat "Why boats?"; OPENAI_BASE_URL names another server of that kind.
#include <llmtrace/adapters/curl.hpp>
#include <llmtrace/llmtrace.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

std::string setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

std::string request_for(const std::string& question) {
  std::string quoted;
  for (const char letter : question) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    if (static_cast<unsigned char>(letter) >= ' ') quoted += letter;
  }
  return R"({"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true},)"
         R"("messages":[{"role":"user","content":")" +
         quoted + R"("}]})";
}

struct FreeHeaders {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct FreeHandle {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};

}  // namespace

int main(int count, char** arguments) {
  using namespace llmtrace;
  Options options;
  options.project = "openai-chat";
  auto tracing = Tracer::init(options);
  TraceScope trace{"chat"};

  const std::string key = "Authorization: Bearer " + setting("OPENAI_API_KEY", "none");
  std::unique_ptr<curl_slist, FreeHeaders> headers{curl_slist_append(nullptr, key.c_str())};
  curl_slist_append(headers.get(), "Content-Type: application/json");
  const std::unique_ptr<CURL, FreeHandle> handle{curl_easy_init()};
  const std::string url = setting("OPENAI_BASE_URL", "https://api.openai.com/v1") + "/chat/completions";
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());

  TracedTransfer transfer{handle.get()};
  transfer.post(request_for(count > 1 ? arguments[1] : "Why boats?"));
  transfer.on_body([](std::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stdout); });
  const CURLcode code = transfer.perform();
  if (code != CURLE_OK) std::fprintf(stderr, "%s\n", curl_easy_strerror(code));
  return code == CURLE_OK ? 0 : 1;
}
