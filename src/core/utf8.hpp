// UTF-8 as the Unicode standard defines it: no overlong forms, no encoded surrogates, nothing above
// U+10FFFF. For checking text and for cutting it without breaking a character.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmtrace::core {

[[nodiscard]] bool valid_utf8(std::string_view text) noexcept;

// The longest prefix of at most `max_bytes` that does not split a code point. Bytes that are not
// UTF-8 are cut where they stand: never more than 3 bytes are given up.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t max_bytes) noexcept;

struct Utf8Sequence {
  std::uint8_t length;
  bool valid;
};

// Reads the sequence at `at` < `end`. An invalid one is as long as the maximal subpart that the
// standard replaces by a single U+FFFD.
[[nodiscard]] Utf8Sequence read_utf8(const char* at, const char* end) noexcept;

// Length of the valid sequence of 2 to 4 bytes at `at`, else 0. Reads 4 bytes whatever they are:
// one load and a few masks where read_utf8 takes a branch per byte.
[[nodiscard]] inline std::size_t multibyte_length(const char* at) noexcept {
  const auto byte = [at](int i) { return std::uint32_t{static_cast<unsigned char>(at[i])}; };
  const std::uint32_t word = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
  if ((word & 0x00C0C0F0) == 0x008080E0) {
    const std::uint32_t top = word & 0x200F;
    return top != 0 && top != 0x200D ? 3 : 0;  // overlong; surrogate
  }
  if ((word & 0xC0E0) == 0x80C0) return (word & 0x1E) != 0 ? 2 : 0;  // overlong
  if ((word & 0xC0C0C0F8) != 0x808080F0) return 0;
  const std::uint32_t lead = word & 0x07;
  const bool low_plane = (word & 0x3000) == 0;
  return lead < 4 ? (lead != 0 || !low_plane ? 4 : 0) : (lead == 4 && low_plane ? 4 : 0);
}

}  // namespace llmtrace::core
