// The samples of README.md, C++17.
#include "model.hpp"
#include <llmtrace/llmtrace.hpp>

#include <vector>
using namespace llmtrace;

namespace {

class Retriever {
 public:
  std::vector<std::string> search(const std::string& question, int top_k) {
    TRACE_FUNCTION(question, top_k);  // a span "Retriever::search" with these two as its input
    auto hits = vector_search(question);
    return TRACE_RETURN(hits);  // and this as its output
  }
};

void wrapped() {
  const auto search = traced("vector_search", &vector_search);  // same signature, a span for each call
  search("boats");

  const auto chat =
      traced_llm({"gpt-4o", "openai"}, [](const std::string& text) { return model.chat(text); });
  chat(prompt);  // text and tokens are read off the reply

  Traced<Model> client{model};
  client.call("chat", &Model::chat, prompt);
}

void guards() {
  Options options;
  options.project = "support-bot";
  auto tracing = Tracer::init(options);

  TraceOptions about;
  about.user_id = "u1";
  about.tags = {"prod"};
  TraceScope trace{"chat-request", about};
  Span span{"answer", SpanKind::llm};
  const Reply reply = model.chat(prompt);
  Usage usage;
  usage.input = reply.usage.prompt_tokens;
  usage.output = reply.usage.completion_tokens;
  span.set_output(reply.text, usage);
  Retriever{}.search("boats", 3);
  wrapped();
}

}  // namespace

int main() { guards(); }
