// What list_symbols.sh looks at: an empty span, a trace, a manual span, and setters of the common kinds.
#include <llmtrace/llmtrace.hpp>

void empty_span() { const llmtrace::Span span{"name"}; }

void empty_trace() { const llmtrace::TraceScope trace{"name"}; }

void empty_manual_span() {
  llmtrace::ManualSpan span = llmtrace::start_span("name");
  span.end();
}

void child_of(const llmtrace::SpanRef& parent) { const llmtrace::Span span{parent, "name"}; }

void span_with_setters(std::string_view prompt, std::string_view key, int hits, bool cached) {
  llmtrace::Span span{"name", llmtrace::SpanKind::llm};
  span.set_name("name").set_model("model").set_input(prompt).set("hits", hits).set(key, cached);
  span.set_output("text", {120, 48})
      .set_cost(0.5)
      .set({{"a", 1}, {"b", "two"}})
      .add_event("event", {{"n", 1}});
  span.add_message("user", prompt)
      .score("good", 1)
      .set_error("type", "message")
      .set_status(llmtrace::Status::ok);
}
