// Spans by hand: a batch span, a child for each query with the batch as its explicit parent, and at the end
// how many succeeded. ManualSpan is a value: it may be stored, moved and ended anywhere.
#include <llmtrace/llmtrace.hpp>

#include <chrono>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

std::string process_single_query(const std::string& query) {
  std::this_thread::sleep_for(2ms);
  if (query.empty()) throw std::invalid_argument{"the query is empty"};
  return "result of " + query;
}

std::vector<std::optional<std::string>> process_queries(const std::vector<std::string>& queries) {
  ManualSpan batch = start_span("batch_query_processing");
  batch.set({{"batch.size", queries.size()}, {"batch.operation", "llm_processing"}});

  std::vector<std::optional<std::string>> results;
  std::size_t successful = 0;
  for (const std::string& query : queries) {
    ManualSpan span = start_span(batch, "query_processing_" + std::to_string(results.size()), SpanKind::llm);
    span.set({{"query.index", results.size()}, {"query.text", query}});
    try {
      results.emplace_back(process_single_query(query));
      span.set({{"query.success", true}, {"query.result_length", results.back()->size()}});
      ++successful;
    } catch (const std::exception& error) {
      span.record_exception(error);
      results.emplace_back(std::nullopt);
    }
    finish_span(span);
  }
  batch.set({{"batch.successful", successful}, {"batch.failed", results.size() - successful}});
  finish_span(batch);
  return results;
}

}  // namespace

int main() {
  Options options;
  options.project = "batch";
  auto tracing = Tracer::init(options);
  const auto results = process_queries({"weather in Oslo", "", "weather in Rome"});
  std::printf("%zu queries\n", results.size());
}
