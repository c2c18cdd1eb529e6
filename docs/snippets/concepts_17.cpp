// The samples of docs/concepts.md that look different in C++17.
#include "model.hpp"
#include <llmtrace/llmtrace.hpp>
using namespace llmtrace;

namespace {

void guards() {
  TraceOptions about;
  about.user_id = "u1";
  TraceScope trace{"chat-request", about};
  {
    Span span{"retrieve", SpanKind::retrieval};
    span.set_input(prompt).set_output({{"hits", 2}, {"best", "delivery times"}});
  }  // ends here
  Span span = trace_llm({"gpt-4o", "openai", "chat"});
  Usage usage;
  usage.input = 120;
  usage.output = 48;
  span.set_output(model.chat(prompt).text, usage);
}

void by_hand() {
  ManualSpan job = start_span("job", SpanKind::agent);
  SpanOptions with_model;
  with_model.model = "gpt-4o";
  ManualSpan step = job.child("step", SpanKind::llm, with_model);
  step.end();
  finish_span(job);
}

void linked() {
  TraceScope request{"request"};
  TraceOptions alone;
  alone.new_trace = true;
  TraceScope job{"nightly-job", alone};
}

}  // namespace

int main() {
  Options options;
  options.project = "concepts";
  auto tracing = Tracer::init(options);
  guards();
  by_hand();
  linked();
}
