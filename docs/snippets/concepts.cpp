// The samples of docs/concepts.md, C++20.
#include "model.hpp"
#include <llmtrace/llmtrace.hpp>

#include <stdexcept>
using namespace llmtrace;

namespace {

void guards() {
  TraceScope trace{"chat-request", {.user_id = "u1"}};
  {
    Span span{"retrieve", SpanKind::retrieval};
    span.set_input(prompt).set_output({{"hits", 2}, {"best", "delivery times"}});
  }  // ends here
  Span span = trace_llm({.model = "gpt-4o", .provider = "openai", .operation = "chat"});
  span.set_output(model.chat(prompt).text, {.input = 120, .output = 48});
}

void by_hand() {
  ManualSpan job = start_span("job", SpanKind::agent);
  ManualSpan step = job.child("step", SpanKind::llm, {.model = "gpt-4o"});
  {
    auto active = step.enter();  // current on this thread until the scope ends
    Span below{"below the step"};
  }
  step.end();
  finish_span(job);
}

std::string with_a_callable() {
  return trace("draft", SpanKind::llm, [&](SpanRef span) {
    Reply reply = model.chat(prompt);  // an exception is recorded with its type and message, and flies on
    span.set_model("gpt-4o").set_output(reply.text);
    return reply.text;
  });
}

void linked() {
  TraceScope request{"request"};
  TraceScope job{"nightly-job", {.new_trace = true}};  // a trace of its own, linked to the request
}

void values() {
  Span span{"values"};
  span.set_input(prompt);                                           // text
  span.set_output({{"hits", 2}, {"ids", std::vector<int>{7, 9}}});  // an object without a JSON library
  span.set_input_json(R"({"messages":[]})");                        // JSON that is there already
  span.set("cached", true).set({{"top_k", 5}, {"score", 0.93}});    // attributes
  span.set("costly", [] { return vector_search("x").front(); });    // runs only when the span records
}

}  // namespace

int main() {
  auto tracing = Tracer::init({.project = "concepts"});
  guards();
  by_hand();
  with_a_callable();
  linked();
  values();
}
