// A command line tool that lives for a moment: on_trace_end waits for each trace to be delivered as it ends,
// so that nothing is lost even if the tool is killed right after.
#include <llmtrace/llmtrace.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

std::string classify(const std::string& text) {
  TRACE_FUNCTION_AS("sentiment", SpanKind::llm, text);
  current_span().set_model("gpt-4").set_parameters({{"temperature", 0.0}, {"max_tokens", 1}});
  std::this_thread::sleep_for(5ms);
  const bool happy = text.find("love") != std::string::npos;
  current_span().set_usage({.input = 31, .output = 1});
  return TRACE_RETURN(happy ? "positive" : "neutral");
}

}  // namespace

int main(int count, char** arguments) {
  auto tracing = Tracer::init({.project = "cli", .export_mode = ExportMode::on_trace_end});
  const std::string text = count > 1 ? arguments[1] : "I love this product! It works great.";
  std::string sentiment;
  {
    TraceScope trace{"text-analysis", {.input = text}};
    sentiment = classify(text);
    trace.set_output("Analysis complete: " + sentiment);
  }
  std::puts(sentiment.c_str());
}
