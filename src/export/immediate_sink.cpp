#include "export/immediate_sink.hpp"

#include <utility>

namespace llmtrace::exporting {

bool ImmediateSink::add_span(const SpanFacts& span) noexcept {
  const Added added = spans_ < limits_.items ? hold(span) : Added::full;
  if (added == Added::taken) ++spans_;
  if (added == Added::out_of_memory) ++tally_.out_of_memory;
  return added != Added::full;
}

bool ImmediateSink::add_trace(const TraceHeader& trace) noexcept {
  const Added added = headers_ < limits_.items ? hold(trace) : Added::full;
  if (added == Added::taken) ++headers_;
  if (added == Added::out_of_memory) ++tally_.headers_dropped;
  return added != Added::full;
}

// Counted only after the delivery: an exporter that ends its thread leaves the batch unsettled, for the
// shutdown.
void ImmediateSink::send(TimePoint now) {
  if (!has_batch()) return;
  ++tally_.requests;
  const bool accepted = deliver(now);
  (accepted ? tally_.acknowledged : tally_.rejected) += std::exchange(spans_, 0);
  (accepted ? tally_.headers_sent : tally_.headers_dropped) += std::exchange(headers_, 0);
}

SinkTally ImmediateSink::take_settled() noexcept { return std::exchange(tally_, SinkTally{}); }

void ImmediateSink::abandon() noexcept {
  drop();
  tally_.shutdown += std::exchange(spans_, 0);
  tally_.headers_dropped += std::exchange(headers_, 0);
}

}  // namespace llmtrace::exporting
