// Two tracers side by side, each with its own project, queue and books: what the product does, and what the
// evaluation of it does. A span takes the tracer of the trace around it, unless it names one: then it starts
// a linked trace.
#include <llmtrace/llmtrace.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

std::string answer(const std::string& question) {
  TraceScope trace{Tracer::get(), "answer", {.input = question}};  // of the default tracer, whoever calls
  Span span = trace_llm({.model = "gpt-4o", .operation = "chat"});
  std::this_thread::sleep_for(4ms);
  span.set_output("42", {.input = 7, .output = 1});
  trace.set_output("42");
  return "42";
}

void evaluate(const Tracer& evaluation, const std::string& question, const std::string& wanted) {
  TraceScope trace{evaluation, "evaluate", {.input = question}};
  const std::string got = answer(question);  // a trace of the product's, linked to this one
  Span judge{"judge", SpanKind::llm};        // of this trace, and so of its tracer
  judge.score("exact_match", got == wanted ? 1.0 : 0.0, "compared as text");
}

}  // namespace

int main() {
  auto product = Tracer::init({.project = "product"});
  Tracer evaluation{{.project = "evaluation"}};
  evaluate(evaluation, "What is six times seven?", "42");
  evaluation.close();
  const Stats books = evaluation.stats();
  std::printf("evaluation: %llu spans, product: %llu\n", static_cast<unsigned long long>(books.ended),
              static_cast<unsigned long long>(product.stats().ended));
}
