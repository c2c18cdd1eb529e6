// Decimal digits of a fixed number, with leading zeros: times and fractions.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

namespace llmtrace::core {

namespace digits {
constexpr std::array<char, 200> make_pairs() {
  std::array<char, 200> pairs{};
  for (unsigned i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
inline constexpr std::array<char, 200> pairs = make_pairs();
}  // namespace digits

// Writes the last `width` digits; two at a time, since each division costs more than all else.
template <int width>
inline void write_digits(char* out, std::uint32_t value) noexcept {
  for (int at = width; at >= 2; value /= 100) {
    at -= 2;
    std::memcpy(out + at, &digits::pairs[value % 100 * 2], 2);
  }
  if constexpr (width % 2 != 0) *out = static_cast<char>('0' + value % 10);
}

}  // namespace llmtrace::core
