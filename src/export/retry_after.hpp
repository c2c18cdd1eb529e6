#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace llmtrace::exporting {

// The wait that a Retry-After header asks for, in seconds or as a date relative to `date`, clamped
// to [0, max]. Nothing for text that is neither, so that the caller falls back to its own back-off.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(
    std::string_view text, std::chrono::system_clock::time_point date,
    std::chrono::milliseconds max) noexcept;

}  // namespace llmtrace::exporting
