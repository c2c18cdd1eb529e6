// What may be said of a call of a model: token counts, messages, and what is known of an exchange beside the
// bytes that went over the wire.
#pragma once

#include <llmtrace/text.hpp>

#include <limits>

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
  Text role;
  Text content;
};

// Beside the body of a request or a response. All of it may be missing; what is known makes the reading
// surer.
struct ExchangeHints {
  Text url = {};       // tells the provider and the API; its query, where keys are, is not kept
  Text provider = {};  // "openai", "azure", "anthropic", …
  int status = 0;      // of HTTP
  Text content_type = {};
  Text content_encoding = {};
  Text request_id = {};  // stands for the response's id where the body has none
};

LLMTRACE_END_NAMESPACE
