// What docs/wire-format.md shows the JSON of.
#include "wire_example.hpp"

#include <llmtrace/llmtrace.hpp>

using namespace llmtrace;

void record_wire_example() {
  TraceScope trace{"chat-request"};
  trace.set_user("u1").set_session("s9").set_tags({"prod", "eu"});
  trace.set_metadata("plan", "pro").set_input("Where is my parcel?");
  {
    Span tool{"order_status", SpanKind::tool};
    tool.set_input({{"order", 4711}}).set("attempt", 1);
    if (!call_tool(4711)) tool.set_error("timeout", "no answer in 3 s");
  }
  Tracer::get().flush();  // the trace is open: it goes out as "running"
  {
    Span span{"answer", SpanKind::llm};
    span.set_model("gpt-4o").set_provider("openai").set_operation("chat");
    span.set_parameters({{"temperature", 0.2}}).set_messages({{"user", "Where is my parcel?"}});
    const std::string text = call_model("Where is my parcel?");
    span.set_response_model("gpt-4o-2024-08-06").set_response_id("chatcmpl-7").add_finish_reason("stop");
    span.add_event("shown", {{"channel", "chat"}}).score("helpful", 0.9, "by the user");
    Usage usage;
    usage.input = 120;
    usage.output = 48;
    usage.input_cached = 64;
    span.set_output(text, usage, 0.00078);
  }
  trace.set_output("On its way.");
}
