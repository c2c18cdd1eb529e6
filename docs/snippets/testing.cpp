// How a program tests its own traces, docs/cookbook.md.
#include "model.hpp"
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/testing.hpp>

#include <memory>

using namespace llmtrace;

static void code_under_test() {
  Span span{"answer", SpanKind::llm};
  Usage usage;
  usage.input = 12;
  span.set_output(model.chat(prompt).text, usage);
}

static bool answers_are_traced() {
  auto seen = std::make_shared<MemoryExporter>();
  Tracer tracer{test_options(seen)};  // no environment, no other exporter
  {
    TraceScope trace{tracer, "test"};
    code_under_test();
  }
  tracer.flush();
  const auto span = seen->span("answer");
  return span && span->kind == SpanKind::llm && span->tokens("input") == 12 &&
         seen->trace("test")->span_count == 2;
}

int main() { return answers_are_traced() ? 0 : 1; }
