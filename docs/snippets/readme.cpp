// The samples of README.md, C++20.
#include "model.hpp"
#include <llmtrace/llmtrace.hpp>
using namespace llmtrace;

int main() {
  auto tracing = Tracer::init({.project = "support-bot"});  // sends what is left when it dies
  TraceScope trace{"chat-request", {.user_id = "u1", .session_id = "s9", .tags = {"prod"}}};

  Span span{"answer", SpanKind::llm};  // a child of what is current on this thread
  span.set_model("gpt-4o").set_provider("openai").set_input(prompt);
  const Reply reply = model.chat(prompt);
  span.set_output(reply.text, {.input = reply.usage.prompt_tokens, .output = reply.usage.completion_tokens});
}
