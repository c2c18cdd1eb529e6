// Traces and spans as the store takes and gives them. The same fields serve both ways: an update holds views
// into the request that brought it, an answer owns its text. Absent means unknown and never overwrites what
// is known.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector {

// Nanoseconds since the Unix epoch.
using UnixTime = std::int64_t;

struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const TraceId&, const TraceId&) = default;
};

struct SpanId {
  std::uint64_t value = 0;
  friend auto operator<=>(const SpanId&, const SpanId&) = default;
};

// In the order of merging: the greater one stays.
enum class Status : std::uint8_t { running, incomplete, ok, error };

enum class SpanType : std::uint8_t { llm, tool, agent, function, retrieval, embedding, chain, other };

[[nodiscard]] std::string_view to_string(Status status) noexcept;
[[nodiscard]] std::string_view to_string(SpanType type) noexcept;
[[nodiscard]] std::optional<Status> status_from(std::string_view name) noexcept;
[[nodiscard]] std::optional<SpanType> span_type_from(std::string_view name) noexcept;

// 32 and 16 digits, lower case. Reading takes both cases and refuses the id of only zeros, which W3C forbids.
[[nodiscard]] std::string to_hex(TraceId id);
[[nodiscard]] std::string to_hex(SpanId id);
[[nodiscard]] std::optional<TraceId> trace_id_from(std::string_view hex) noexcept;
[[nodiscard]] std::optional<SpanId> span_id_from(std::string_view hex) noexcept;

// Money is counted in whole nano-dollars, so that sums are exact in any order.
inline constexpr double nanodollars_per_dollar = 1e9;
// Nothing for a negative amount, for what is not a number, and for more than the count can hold.
[[nodiscard]] std::optional<std::int64_t> nanodollars_from(double dollars) noexcept;

// "Json" is the text of one JSON value that has been validated, "text" is plain UTF-8.
template <class Text>
struct TraceFields {
  TraceId trace_id;
  std::optional<SpanId> root_span_id;
  std::optional<Text> name;
  std::optional<UnixTime> start_time;
  std::optional<UnixTime> end_time;
  std::optional<std::int64_t> duration;  // nanoseconds
  std::optional<Status> status;
  std::optional<Text> error;
  std::optional<Text> user_id;
  std::optional<Text> session_id;
  std::optional<Text> environment;
  std::optional<Text> release;
  std::optional<std::vector<Text>> tags;
  std::optional<Text> metadata;  // Json, an object
  std::optional<Text> input;     // Json
  std::optional<Text> output;    // Json
  std::optional<Text> resource;  // Json, an object
};

template <class Text>
struct SpanFields {
  TraceId trace_id;
  SpanId span_id;
  std::optional<SpanId> parent_span_id;
  std::optional<UnixTime> start_time;
  std::optional<UnixTime> end_time;
  std::optional<std::int64_t> duration;  // nanoseconds
  std::optional<Status> status;
  std::optional<SpanType> span_type;
  std::optional<bool> stream;
  std::optional<bool> cancelled;
  std::optional<std::int64_t> tokens_input;
  std::optional<std::int64_t> tokens_output;
  std::optional<std::int64_t> cost;                 // nano-dollars
  std::optional<std::int64_t> time_to_first_token;  // nanoseconds
  std::optional<std::int64_t> chunk_count;

  // Light: in every row of a trace.
  std::optional<Text> name;
  std::optional<Text> error;
  std::optional<Text> error_type;
  std::optional<Text> status_message;
  std::optional<Text> operation;
  std::optional<Text> agent_type;
  std::optional<Text> model;
  std::optional<Text> response_model;
  std::optional<Text> provider;
  std::optional<Text> response_id;
  std::optional<Text> cost_source;
  std::optional<Text> finish_reasons;  // Json, an array

  // Heavy: only when the span is asked for by itself, or with SpanDetail::full.
  std::optional<Text> input_data;    // Json
  std::optional<Text> output_data;   // Json
  std::optional<Text> metadata;      // Json, an object
  std::optional<Text> attributes;    // Json, an object
  std::optional<Text> parameters;    // Json, an object
  std::optional<Text> output_text;   // text
  std::optional<Text> reasoning;     // text
  std::optional<Text> tool_calls;    // Json, an array
  std::optional<Text> usage;         // Json, an object
  std::optional<Text> cost_details;  // Json, an object
  std::optional<Text> events;        // Json, an array
  std::optional<Text> links;         // Json, an array
  std::optional<Text> scores;        // Json, an array
  std::optional<Text> truncated;     // Json, an object
};

// The sums over the spans of a trace that are stored. A sum of nothing but unknowns is unknown.
struct TraceTotals {
  std::int64_t span_count = 0;
  std::int64_t error_count = 0;
  std::int64_t open_count = 0;  // spans without an end
  std::int64_t llm_count = 0;
  std::optional<std::int64_t> tokens_input;
  std::optional<std::int64_t> tokens_output;
  std::optional<std::int64_t> cost;  // nano-dollars
  // From the start of the trace to the first token of its first streamed reply.
  std::optional<std::int64_t> time_to_first_token;
};

// As stored. Times, name and status are those of the header where there is one, else derived from the spans.
// In lists metadata and resource are left out, input and output come as previews.
struct StoredTrace : TraceFields<std::string> {
  TraceTotals totals;
  bool has_header = false;
  UnixTime received = 0;                     // when the first part of it arrived
  std::uint64_t sequence = 0;                // of its last change, see Change
  std::optional<std::string> input_preview;  // the beginning of the text in it, not JSON
  std::optional<std::string> output_preview;
};

struct StoredSpan : SpanFields<std::string> {
  // Bytes of what a light row leaves out; 0 when there is none.
  std::int64_t input_bytes = 0;
  std::int64_t output_bytes = 0;
};

}  // namespace llmtrace::collector
