// What makes a trace worth keeping, once it has ended: what is found out of its spans one by one, and the
// rate at which it is kept for that.
#pragma once

#include "core/clock_map.hpp"
#include "export/tail_decisions.hpp"
#include "export/trace_book.hpp"
#include <llmtrace/sampler.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace llmtrace::exporting {

struct TailSettings {
  double rate = 1;  // of traces for which nothing speaks
  bool keep_errors = true;
  std::optional<std::chrono::nanoseconds> slower_than;
  std::optional<double> dearer_than;
  std::vector<TailRule> rules;
  std::chrono::milliseconds decision_wait{30'000};
  std::size_t buffer_bytes = 8u << 20;
};

// What is known of one trace so far.
class TailEvidence {
 public:
  void add(const SpanFacts& span, const TailSettings& settings, const core::ClockMap& clock) noexcept;
  // It runs for at least this long.
  void note_age(std::chrono::nanoseconds age, const TailSettings& settings) noexcept;

  // Nothing that may still come can change that it is kept.
  [[nodiscard]] bool is_conclusive() const noexcept { return keep_; }
  [[nodiscard]] bool keeps(const TraceKey& trace, const TailSettings& settings) const noexcept;
  [[nodiscard]] const TraceTotals& totals() const noexcept { return totals_; }
  [[nodiscard]] std::uint64_t roots() const noexcept { return roots_; }

 private:
  TraceTotals totals_;
  std::uint64_t roots_ = 0;
  std::optional<std::size_t> rule_;  // the first that some span fits
  bool keep_ = false;
};

// By the trace's id alone, so that all processes that share a trace and a rate agree; and not by the bits by
// which a rate at the beginning of traces has already chosen.
[[nodiscard]] bool is_within_rate(const TraceKey& trace, double rate) noexcept;

}  // namespace llmtrace::exporting
