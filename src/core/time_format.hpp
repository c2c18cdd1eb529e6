// RFC 3339 times to and from nanoseconds since the Unix epoch, without locale, time zone files or
// the C library's calendar. The 64-bit count reaches from 1677-09-21 to 2262-04-11.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace llmtrace::core {

inline constexpr std::size_t rfc3339_size = 30;

// Writes exactly rfc3339_size characters, "2026-11-21T03:25:51.123456789Z", and returns their end.
char* format_rfc3339(std::int64_t unix_nanoseconds, char* out) noexcept;

// Reads a time in UTC ("Z") or with an offset ("+02:00"), with up to nine digits of fraction.
// Nothing for another form, a day that does not exist, a leap second (Unix time has no number for it)
// or a time out of range.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept;

}  // namespace llmtrace::core
