// What is asked of a store and what it answers. Every question names its project and sees nothing of another;
// rows past their retention are in no answer, deleted or not.
#pragma once

#include "collector/query/filter.hpp"
#include "collector/store/model.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace llmtrace::collector {

enum class ReadOutcome : std::uint8_t {
  ok,
  not_found,
  bad_cursor,
  deadline,  // the question took longer than it may
  failed,
};

template <class T>
struct Answer {
  ReadOutcome outcome = ReadOutcome::ok;
  T value{};
  std::string error{};  // for people, when `failed`

  [[nodiscard]] explicit operator bool() const noexcept { return outcome == ReadOutcome::ok; }
};

using Deadline = std::chrono::steady_clock::time_point;

// Begin inclusive, end exclusive, of the start of a trace.
struct TimeRange {
  std::optional<UnixTime> from{};
  std::optional<UnixTime> to{};
};

enum class TraceOrder : std::uint8_t { start_time, latency, cost, tokens, spans, errors };

struct TraceQuery {
  std::string project{};
  Filter filter{};
  TimeRange time{};
  TraceOrder order = TraceOrder::start_time;  // the greatest first
  bool ascending = false;
  std::string cursor{};      // of the page before; empty for the first. Valid for the same question only.
  std::uint32_t limit = 50;  // 1 to 1000
};

struct TracePage {
  std::vector<StoredTrace> traces{};
  std::string next_cursor{};  // empty when there is no more
  // False when spans that have just arrived are too many to be searched before they are indexed.
  bool text_complete = true;
};

enum class SpanDetail : std::uint8_t { light, full };

struct SessionRow {
  std::string session_id{};
  std::optional<std::string> user_id{};  // of its newest trace that has one
  UnixTime first_start = 0;
  UnixTime last_start = 0;
  std::int64_t trace_count = 0;
  TraceTotals totals{};
};

struct SessionQuery {
  std::string project{};
  std::string prefix{};  // of the session's id
  std::string cursor{};
  std::uint32_t limit = 50;
};

struct SessionPage {
  std::vector<SessionRow> sessions{};  // the last active first
  std::string next_cursor{};
};

struct FacetQuery {
  std::string project{};
  TextField field{};
  std::string prefix{};
  std::uint32_t limit = 20;
};

struct FacetValue {
  std::string value{};
  std::int64_t traces = 0;
};

// Traces are counted at their start, by trace; with `model` spans are counted that name a model, at their
// start.
enum class SeriesGroup : std::uint8_t { none, name, user, model };

struct SeriesQuery {
  std::string project{};
  SeriesGroup group = SeriesGroup::none;
  UnixTime from = 0;  // both are widened to whole steps
  UnixTime to = 0;
  std::int64_t step = 60'000'000'000;  // nanoseconds, a multiple of a minute
  std::uint32_t top_groups = 10;       // the most frequent; the rest is summed under an empty value, `rest`
  Filter filter{};                     // anything but the empty one is computed from the traces, row by row
};

// Percentiles are of log-spaced buckets: within 2 % of the true value.
struct SeriesPoint {
  UnixTime time = 0;
  std::int64_t count = 0;
  std::int64_t errors = 0;
  std::optional<std::int64_t> latency_p50{};  // nanoseconds
  std::optional<std::int64_t> latency_p95{};
  std::optional<std::int64_t> latency_p99{};
  std::optional<std::int64_t> first_token_p50{};
  std::optional<std::int64_t> first_token_p95{};
  std::int64_t tokens_input = 0;
  std::int64_t tokens_output = 0;
  std::int64_t cost = 0;  // nano-dollars
};

struct SeriesLine {
  std::string group{};  // the name, user or model
  bool rest = false;
  SeriesPoint total{};                // over the whole range
  std::vector<SeriesPoint> points{};  // those that are not empty, in order of time
};

struct Series {
  UnixTime from = 0;
  UnixTime to = 0;
  std::int64_t step = 0;
  std::vector<SeriesLine> lines{};  // the most frequent first
};

struct Totals {
  std::int64_t traces = 0;
  std::int64_t spans = 0;
  std::int64_t errors = 0;  // spans
  std::int64_t tokens_input = 0;
  std::int64_t tokens_output = 0;
  std::int64_t cost = 0;  // nano-dollars
};

struct ProjectRow {
  std::string project{};
  Totals totals{};
  std::optional<UnixTime> last_received{};
};

}  // namespace llmtrace::collector
