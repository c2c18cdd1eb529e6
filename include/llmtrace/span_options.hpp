// What may be said of a span: token counts, messages, and the options it may start with.
#pragma once

#include <llmtrace/value.hpp>

#include <limits>
#include <optional>

LLMTRACE_BEGIN_NAMESPACE

inline constexpr std::int64_t unknown_tokens = -1;
inline constexpr double unknown_cost = std::numeric_limits<double>::quiet_NaN();

// Tokens of one call. Totals are inclusive: input counts cached tokens, output counts reasoning. Unknown
// stays absent.
struct Usage {
  std::int64_t input = unknown_tokens;
  std::int64_t output = unknown_tokens;
  std::int64_t total = unknown_tokens;
  std::int64_t input_cached = unknown_tokens;
  std::int64_t input_cache_write = unknown_tokens;
  std::int64_t input_cache_write_5m = unknown_tokens;
  std::int64_t input_cache_write_1h = unknown_tokens;
  std::int64_t output_reasoning = unknown_tokens;
  std::int64_t input_audio = unknown_tokens;
  std::int64_t output_audio = unknown_tokens;
  std::int64_t input_image = unknown_tokens;
  std::int64_t output_image = unknown_tokens;
};

struct Message {
  std::string_view role;
  std::string_view content;
};

// What may be said of a span as it starts; all of it can also be set later.
struct SpanOptions {
  std::string model = {};
  std::string provider = {};
  std::string operation = {};
  std::string agent_type = {};
  OwnedValue input = {};
  Attributes attributes = {};
  Attributes metadata = {};
  std::optional<bool> capture_inputs = {};   // as the tracer's options say
  std::optional<bool> capture_outputs = {};  // the same
  std::optional<bool> redact_pii = {};       // true: personal data is hidden; false: secrets alone
};

LLMTRACE_END_NAMESPACE
