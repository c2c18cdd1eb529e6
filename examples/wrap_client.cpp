// Existing functions and clients, traced without touching them.
#include <llmtrace/llmtrace.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace vendor {  // stands for a client library that you cannot change

struct Usage {
  int prompt_tokens;
  int completion_tokens;
};
struct Request {
  std::string model;
  std::string prompt;
};
struct Reply {
  std::string text;
  Usage usage;
};

inline Reply complete(const Request& request) {
  std::this_thread::sleep_for(std::chrono::milliseconds{4});
  return {"You asked: " + request.prompt, {11, 6}};
}
struct Chat {
  Reply create(const Request& request) { return complete(request); }
};
struct Client {
  Chat chat;
  int calls_left() const { return 99; }
};
inline std::vector<std::string> vector_search(const std::string& query) {
  return {query + " 1", query + " 2"};
}

}  // namespace vendor

// What to record of the vendor's request. Its reply has `text` and `usage`, which are found without help.
template <>
struct llmtrace::Describe<vendor::Request> {
  static void input(SpanRef span, const vendor::Request& request) {
    span.set_model(request.model).set_input(request.prompt);
  }
};

int main() {
  using namespace llmtrace;
  Options options;
  options.project = "wrapped";
  auto tracing = Tracer::init(options);
  TraceScope trace{"wrapped-calls"};

  TracedOptions retrieval;
  retrieval.kind = SpanKind::retrieval;
  const auto search = traced("vector_search", &vendor::vector_search, retrieval);
  const std::string best = search("boats").front();

  const auto complete = traced_llm({"gpt-4o-mini", "openai", "summarize"}, &vendor::complete);
  complete(vendor::Request{"gpt-4o-mini", "Summarize " + best});

  vendor::Client original;
  TracedClientOptions as_llm;
  as_llm.kind = SpanKind::llm;
  as_llm.provider = "mistral";
  Traced<vendor::Client> client{original, as_llm};
  auto chat = client.member("chat", &vendor::Client::chat);
  const vendor::Reply reply =
      chat.call("create", &vendor::Chat::create, vendor::Request{"mistral-large-latest", "Why boats?"});
  std::printf("%s (%d calls left)\n", reply.text.c_str(), client->calls_left());
}
