// A batch script: the tracer lives in a scope, each item is a trace of its own, and the end sends what is
// left.
#include <llmtrace/llmtrace.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

struct Completion {
  std::string text;
  struct {
    int prompt_tokens;
    int completion_tokens;
  } usage;
};

std::vector<float> embed(const std::string&) {
  std::this_thread::sleep_for(1ms);
  return std::vector<float>(1536);
}

Completion complete(const std::string& prompt) {
  std::this_thread::sleep_for(4ms);
  return {"About " + prompt, {static_cast<int>(prompt.size()), 40}};
}

void process(const std::string& prompt, std::size_t number) {
  TraceScope trace{"batch-item-" + std::to_string(number)};
  trace.set_input(prompt);
  {
    Span span{"embedding", SpanKind::embedding};
    span.set_model("text-embedding-3-small").set_input(prompt);
    span.set_output({{"dimensions", embed(prompt).size()}});
  }
  {
    Span span{"completion", SpanKind::llm};
    span.set_model("gpt-4").set_input(prompt);
    const Completion reply = complete(prompt);
    Usage usage;
    usage.input = reply.usage.prompt_tokens;
    usage.output = reply.usage.completion_tokens;
    span.set_output(reply.text, usage);
  }
  trace.set_output("Processed prompt " + std::to_string(number));
}

void process_batch(const std::vector<std::string>& prompts) {
  Options options;
  options.project = "batch";
  auto tracing = Tracer::init(options);
  for (std::size_t i = 0; i < prompts.size(); ++i) process(prompts[i], i);
  const bool delivered = tracing.close(std::chrono::seconds{10});  // a script may wait longer than a server
  std::printf("%zu prompts, traces %s\n", prompts.size(), delivered ? "delivered" : "not all delivered");
}

}  // namespace

int main() {
  process_batch({"Explain quantum computing", "What is machine learning?", "How do neural networks work?"});
}
