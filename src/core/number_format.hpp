// Durations travel as milliseconds in a JSON number and must keep their nanoseconds: a double would
// lose them, so the decimal is written from the integer.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace llmtrace::core {

// A sign, 13 digits, the point and 6 digits.
inline constexpr std::size_t longest_milliseconds = 21;

// Writes the shortest decimal of nanoseconds / 1'000'000, exact: 1500000 as "1.5", 1 as "0.000001".
// `out` has room for longest_milliseconds; returns the end of what was written.
inline char* format_milliseconds(std::int64_t nanoseconds, char* out) noexcept {
  constexpr std::uint64_t nanoseconds_per_millisecond = 1'000'000;
  const auto bits = static_cast<std::uint64_t>(nanoseconds);
  const std::uint64_t magnitude = nanoseconds < 0 ? 0 - bits : bits;
  if (nanoseconds < 0) *out++ = '-';
  out = std::to_chars(out, out + 13, magnitude / nanoseconds_per_millisecond).ptr;
  auto fraction = static_cast<std::uint32_t>(magnitude % nanoseconds_per_millisecond);
  if (fraction == 0) return out;
  *out++ = '.';
  for (std::uint32_t unit = 100'000; fraction != 0; unit /= 10) {
    *out++ = static_cast<char>('0' + fraction / unit);
    fraction %= unit;
  }
  return out;
}

}  // namespace llmtrace::core
