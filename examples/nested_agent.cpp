// An agent with tools: each span names its parent by being opened from it.
#include <llmtrace/llmtrace.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> search(const std::string& query) {
  std::this_thread::sleep_for(3ms);
  return {query + ": a survey", query + ": an introduction"};
}

std::string complete(const std::vector<std::string>& sources) {
  std::this_thread::sleep_for(8ms);
  return "Two sources say so: " + sources.front() + "; " + sources.back();
}

}  // namespace

int main() {
  Options options;
  options.project = "research";
  auto tracing = Tracer::init(options);

  TraceScope trace{"agent-task"};
  trace.set_user("user123");
  Span agent = trace.span("agent-loop", SpanKind::agent);

  std::vector<std::string> results;
  {
    Span tool = agent.span("search-tool", SpanKind::tool);
    tool.set_input("quantum computing");
    results = search("quantum computing");
    tool.set_output({{"hits", results.size()}});
  }
  {
    SpanOptions claude;
    claude.model = "claude-3-haiku-20240307";
    claude.provider = "anthropic";
    Span llm = agent.span("synthesize", SpanKind::llm, claude);
    const std::string answer = complete(results);
    Usage usage;
    usage.input = 1500;
    usage.output = 500;
    llm.set_output({{"answer", answer}}, usage);
    trace.set_output(answer);
  }
}
