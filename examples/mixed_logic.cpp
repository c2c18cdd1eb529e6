// A function of business logic in which only some steps are traced: two LLM calls and a database lookup.
#include <llmtrace/llmtrace.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

std::string complete(const std::string& prompt) {
  std::this_thread::sleep_for(4ms);
  return "[" + prompt + "]";
}

std::vector<int> search_database(const std::string&) {
  std::this_thread::sleep_for(2ms);
  return {5, 3, 9};
}

std::string complex_business_logic(const std::string& request) {
  // Step 1: validation, which needs no tracing.
  if (request.find_first_not_of(' ') == std::string::npos) return "Invalid input";

  // Step 2: just the LLM call.
  std::string enhanced;
  {
    Span span = trace_llm({.model = "gpt-3.5-turbo", .operation = "input_enhancement"});
    enhanced = complete("Enhance: " + request);
    span.set({{"llm.input_tokens", 8}, {"llm.output_tokens", 12}, {"llm.response", enhanced}});
  }

  // Step 3: the lookup, as an operation.
  std::vector<int> rows;
  {
    Span span = trace_operation("database_lookup");
    rows = search_database(enhanced);
    span.set("db.results_count", rows.size());
  }

  // Step 4: business rules, untraced.
  std::sort(rows.begin(), rows.end());

  // Step 5: the answer; trace() runs a callable in a span and returns its value.
  return trace("response_generation", SpanKind::llm, [&](SpanRef span) {
    span.set_model("gpt-4").set_input({{"rows", rows}});
    std::string answer = complete("Answer with " + std::to_string(rows.back()));
    span.set_output(answer, {.input = 20, .output = 15});
    return answer;
  });
}

}  // namespace

int main() {
  auto tracing = Tracer::init({.project = "mixed"});
  TraceScope trace{"business-request"};
  const std::string answer = complex_business_logic("sales of spring");
  trace.set_output(answer);
  std::puts(answer.c_str());
}
