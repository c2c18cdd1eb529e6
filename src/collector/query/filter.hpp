// What a list of traces is narrowed by: a tree of conditions, as the filter language writes it or as a route
// builds it from its parameters. It names fields by enumerators only, so nothing that a user typed becomes a
// query's text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace llmtrace::collector {

// Compared with text. Those of spans hold when any span of the trace has the value.
enum class TextField : std::uint8_t {
  name,  // of the trace
  user,
  session,
  tag,
  environment,
  release,
  model,       // of a span; the model asked for or the model that answered
  provider,    // of a span
  type,        // of a span
  span_name,   // of a span
  error_type,  // of a span
  status,      // of the trace
  trace_id,
};

// Compared with numbers. All are totals of the trace.
enum class NumberField : std::uint8_t {
  latency,  // nanoseconds
  cost,     // nano-dollars
  tokens,
  tokens_input,
  tokens_output,
  spans,
  errors,
  time_to_first_token,  // nanoseconds
  start_time,           // Unix nanoseconds
};

enum class Comparison : std::uint8_t { less, at_most, equal, at_least, greater };

// The field is one of the values; a value may end in any_suffix to stand for all that begin so.
struct TextCondition {
  TextField field{};
  std::vector<std::string> any_of{};
  bool prefix = false;  // the values are beginnings
};

struct NumberCondition {
  NumberField field{};
  Comparison comparison{};
  std::int64_t value = 0;
};

// The trace has an error: its own status, or that of a span.
struct ErrorCondition {
  bool expected = true;
};

// The words, in this order and next to each other when `phrase`, occur in a text of the trace or of a span.
struct FullTextCondition {
  std::string text{};
  bool phrase = false;
};

struct Filter;
struct AllOf {
  std::vector<Filter> parts;
};
struct AnyOf {
  std::vector<Filter> parts;
};
struct Not {
  std::vector<Filter> part;  // exactly one
};

// An empty AllOf, as by default, lets everything pass.
struct Filter {
  std::variant<AllOf, AnyOf, Not, TextCondition, NumberCondition, ErrorCondition, FullTextCondition> node;
};

}  // namespace llmtrace::collector
