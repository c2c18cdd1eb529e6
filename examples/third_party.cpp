// A client library that somebody else has written and built: nothing of it is touched, and its calls are
// traced all the same, as long as it makes them through libcurl. discover() says what is covered.
#include <llmtrace/instrument.hpp>
#include <llmtrace/llmtrace.hpp>

#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace vendor {  // stands for the library

class Client {
 public:
  explicit Client(const std::string& url) : handle_{curl_easy_init()} {
    curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &Client::append);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &reply_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { curl_easy_cleanup(handle_); }

  std::string complete(const std::string& body) {
    reply_.clear();
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, body.c_str());
    return curl_easy_perform(handle_) == CURLE_OK ? reply_ : "";
  }

 private:
  static std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
    static_cast<std::string*>(to)->append(bytes, size * count);
    return size * count;
  }

  CURL* handle_;
  std::string reply_;
};

}  // namespace vendor

int main() {
  using namespace llmtrace;
  Options options;
  options.project = "third-party";
  options.auto_instrument = {"openai", "anthropic"};
  auto tracing = Tracer::init(options);

  for (const DiscoveredLibrary& library : discover())
    std::fprintf(stderr, "%s %s: %s\n", library.name.c_str(), library.version.c_str(),
                 library.covered ? "traced" : library.note.c_str());

  const char* base = std::getenv("OPENAI_BASE_URL");
  vendor::Client client{std::string{base != nullptr ? base : "https://api.openai.com/v1"} +
                        "/chat/completions"};
  {
    Span call{"summarize", SpanKind::llm};  // what the application knows of a call and the wire does not
    call.set("document", "boats.txt");
    std::printf("%s\n", client.complete(R"({"model":"gpt-4o-mini","messages":[]})").c_str());
  }
}
