#include "targets.hpp"

#include <algorithm>

namespace llmtrace::bench {

const std::vector<Shown>& shown_figures() {
  using enum Bound;
  constexpr double budget_mb = 32 + 16;
  static const std::vector<Shown> all{
      {"end_to_end.cpu_us", "µs CPU/span", 2, at_most, 5},
      {"end_to_end.instructions", "instr/span", 0, at_most, 12'000},
      {"end_to_end.spans_per_s", "spans/s", 0, at_least, 100'000},
      {"end_to_end.bytes", "bytes/span", 0},
      {"end_to_end.rss_mb", "MB more", 1, at_most, 16},
      {"dead.refused.produced_per_s", "spans/s", 0},
      {"dead.refused.started", "spans", 0},
      {"dead.refused.dropped", "spans", 0},
      {"dead.refused.accounted", "spans", 0},
      {"dead.refused.rss_mb", "MB more", 1, at_most, budget_mb},
      {"dead.refused.exit_s", "s", 2, at_most, 2.25},
      {"dead.blackhole.produced_per_s", "spans/s", 0},
      {"dead.blackhole.started", "spans", 0},
      {"dead.blackhole.dropped", "spans", 0},
      {"dead.blackhole.accounted", "spans", 0},
      {"dead.blackhole.rss_mb", "MB more", 1, at_most, budget_mb},
      {"dead.blackhole.exit_s", "s", 2, at_most, 2.25},
      {"readers.recorded.mb_per_s", "MB/s", 0, at_least, 150},
      {"readers.streams.mb_per_s", "MB/s", 0},
      {"readers.documents.mb_per_s", "MB/s", 0},
      {"readers.long_stream.mb_per_s", "MB/s", 0, at_least, 150},
      {"readers.embeddings.mb_per_s", "MB/s", 0, at_least, 150},
      {"readers.more_mb", "MB more", 1},
      {"redaction.secrets_mb_per_s", "MB/s", 0},
      {"redaction.pii_mb_per_s", "MB/s", 0},
      {"redaction.hostile_10mb_ms", "ms", 1, at_most, 100},
      {"header.cpu_s", "CPU s", 2},
      {"header.x_std", "x std", 2, at_most, 1.5},
      {"header.lines", "lines", 0},
      {"collector.one.spans_per_s", "spans/s", 0, at_least, 25'000},
      {"collector.one.cpu_us", "µs CPU/span", 1, at_most, 40},
      {"collector.one.p99_ms", "ms/batch p99", 1, at_most, 25},
      {"collector.four.spans_per_s", "spans/s", 0, at_least, 25'000},
      {"collector.four.cpu_us", "µs CPU/span", 1, at_most, 40},
      {"collector.four.p99_ms", "ms/batch p99", 1, at_most, 25},
      {"collector.index_s", "s to index", 1},
      {"collector.query.list_ms", "ms", 1, at_most, 50},
      {"collector.query.filter_ms", "ms", 1, at_most, 50},
      {"collector.query.no_match_ms", "ms", 1, at_most, 50},
      {"collector.query.user_ms", "ms", 1, at_most, 50},
      {"collector.query.costliest_ms", "ms", 1, at_most, 50},
      {"collector.query.histogram_ms", "ms", 1, at_most, 50},
      {"collector.query.trace_ms", "ms", 1, at_most, 50},
      {"collector.query.large_trace_ms", "ms", 1},
      {"collector.query.search_ms", "ms", 1, at_most, 50},
      {"collector.query.rare_search_ms", "ms", 1, at_most, 50},
      {"collector.query.dashboard_ms", "ms", 1, at_most, 50},
      {"collector.query.dashboard_by_model_ms", "ms", 1, at_most, 50},
      {"collector.query.dashboard_by_name_ms", "ms", 1, at_most, 50},
      {"collector.query.dashboard_by_user_ms", "ms", 1, at_most, 50},
      {"collector.query.sessions_ms", "ms", 1, at_most, 50},
      {"collector.query.facets_ms", "ms", 1, at_most, 50},
      {"collector.start_ms", "ms", 1, at_most, 100},
      {"collector.deleting.spans_per_s", "spans/s", 0},
      {"collector.deleting.cpu_us", "µs CPU/span", 1},
      {"collector.deleting.p99_ms", "ms/batch p99", 1},
      {"collector.peak_mb", "MB", 0, at_most, 256},
      {"agent.setopt.more_ns", "ns more", 1, at_most, 100},
      {"agent.setopt.more_ns_spread", "± ns", 1},
      {"agent.page.cpu_us", "µs CPU without", 1},
      {"agent.page.x_without", "x without", 3, at_most, 1.05},
      {"agent.page.x_without_spread", "±", 3},
      {"agent.page.more_us", "µs CPU more", 2},
      {"agent.page.more_us_spread", "± µs", 2},
      {"agent.call.cpu_us", "µs CPU without", 1},
      {"agent.call.more_us", "µs CPU more", 1, at_most, 20},
      {"agent.call.more_us_spread", "± µs", 1},
      {"agent.call.process_more_us", "µs CPU more with the worker's", 1},
      {"agent.call.process_more_us_spread", "± µs", 1},
  };
  return all;
}

Shown producer_target(std::string_view name) {
  using enum Bound;
  static const std::vector<Shown> all{
      {"producer.disabled.cpu_ns", "", 0, at_most, 5},
      {"producer.sampled_out.x_ref", "", 0, at_most, 0.3},
      {"producer.empty.x_ref", "", 0, at_most, 0.55},
      {"producer.empty.allocations", "", 0, at_most, 0},
      {"producer.attr8.x_ref", "", 0, at_most, 2},
      {"producer.attr8.instructions", "", 0, at_most, 800},
      {"producer.attr8.allocations", "", 0, at_most, 0},
      {"producer.record_response.cpu_ns", "", 0, at_most, 300},
      {"producer.record_response.allocations", "", 0, at_most, 0},
      {"producer.response_span.allocations", "", 0, at_most, 0},
  };
  const auto found = std::find_if(all.begin(), all.end(), [&](const Shown& one) { return one.name == name; });
  return found != all.end() ? *found : Shown{name, "", 0};
}

}  // namespace llmtrace::bench
