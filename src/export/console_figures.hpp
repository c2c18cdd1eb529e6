// Durations, tokens and money as people read them: `12.3 ms`, `168→48 tok`, `$0.0021`. May throw bad_alloc.
#pragma once

#include <cstdint>
#include <string>

namespace llmtrace::exporting {

[[nodiscard]] std::string readable_duration(std::int64_t nanoseconds, bool unicode);
[[nodiscard]] std::string readable_tokens(std::int64_t input, std::int64_t output,
                                          bool unicode);  // -1: unknown
[[nodiscard]] std::string readable_cost(double usd);

}  // namespace llmtrace::exporting
