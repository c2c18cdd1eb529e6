// An application that was there before: its agent object calls a model through libcurl. What is new are the
// lines in main(). OPENAI_API_KEY=… existing_app "Why boats?"; OPENAI_BASE_URL names another server.
#include <llmtrace/instrument.hpp>
#include <llmtrace/llmtrace.hpp>

#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace app {  // as it was

std::string setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

struct FreeHeaders {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct FreeHandle {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};

class ResearchAgent {
 public:
  std::string answer(const std::string& question) {
    return post(R"({"model":"gpt-4o-mini","messages":[)"
                R"({"role":"user","content":")" +
                question + R"("}]})");
  }

 private:
  std::string post(const std::string& body) {
    const std::string key = "Authorization: Bearer " + setting("OPENAI_API_KEY", "none");
    const std::unique_ptr<curl_slist, FreeHeaders> headers{curl_slist_append(nullptr, key.c_str())};
    const std::unique_ptr<CURL, FreeHandle> handle{curl_easy_init()};
    const std::string url = setting("OPENAI_BASE_URL", "https://api.openai.com/v1") + "/chat/completions";
    std::string reply;
    curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &reply);
    const CURLcode code = curl_easy_perform(handle.get());
    return code == CURLE_OK ? reply : curl_easy_strerror(code);
  }
};

}  // namespace app

int main(int count, char** arguments) {
  llmtrace::Options options;
  options.project = "existing-app";
  auto tracing = llmtrace::Tracer::init(options);
  llmtrace::enable_auto_tracing();

  app::ResearchAgent researcher;
  llmtrace::TracedClientOptions as_agent;
  as_agent.kind = llmtrace::SpanKind::agent;
  as_agent.agent_type = "researcher";
  llmtrace::Traced<app::ResearchAgent> agent{researcher, as_agent};

  const std::string question = count > 1 ? arguments[1] : "Why boats?";
  std::printf("%s\n", agent.call("answer", &app::ResearchAgent::answer, question).c_str());
}
