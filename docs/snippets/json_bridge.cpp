// The bridge to nlohmann::json, docs/cookbook.md.
#include <llmtrace/json.hpp>
#include <llmtrace/llmtrace.hpp>

using namespace llmtrace;

int main() {
  auto tracing = Tracer::init();
  const nlohmann::json request{{"model", "gpt-4o"}, {"messages", {{{"role", "user"}, {"content", "Hi"}}}}};
  Span span{"call", SpanKind::llm};
  span.set_input(request);                    // walked into the record: no dump(), nothing thrown
  span.set("first", request["messages"][0]);  // a part of it, as an attribute
}
