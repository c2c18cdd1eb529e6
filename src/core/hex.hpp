// Hexadecimal for trace and span ids: encoding in lower case, strict decoding.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace llmtrace::core {
namespace hex_detail {

// Both digits of each byte value, so that a byte costs one load and one store.
constexpr std::array<char, 512> make_pairs() {
  constexpr char digits[] = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    pairs[2 * byte] = digits[byte >> 4];
    pairs[2 * byte + 1] = digits[byte & 15];
  }
  return pairs;
}

inline constexpr std::array<char, 512> pairs = make_pairs();

// 16 and more is not a digit; the digits A to F have bit 5 set beside their value.
constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = 0x80;
  for (std::uint8_t i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    values[static_cast<std::size_t>('a' + i)] = static_cast<std::uint8_t>(10 + i);
    values[static_cast<std::size_t>('A' + i)] = static_cast<std::uint8_t>(0x20 | (10 + i));
  }
  return values;
}

inline constexpr std::array<std::uint8_t, 256> values = make_values();

}  // namespace hex_detail

// W3C trace context allows lower case only; other formats take both.
enum class HexCase : std::uint8_t { lower, any };

// Writes 2 * count characters and returns their end.
inline char* encode_hex(const std::uint8_t* bytes, std::size_t count, char* out) noexcept {
  for (std::size_t i = 0; i < count; ++i, out += 2) {
    std::memcpy(out, &hex_detail::pairs[std::size_t{2} * bytes[i]], 2);
  }
  return out;
}

// Reads text.size() / 2 bytes. False, with `out` in part overwritten, for an odd length or anything
// that is not a digit of the accepted case.
[[nodiscard]] inline bool decode_hex(std::string_view text, std::uint8_t* out,
                                     HexCase accepted = HexCase::lower) noexcept {
  if (text.size() % 2 != 0) return false;
  const unsigned refused = accepted == HexCase::lower ? 0xA0 : 0x80;
  unsigned seen = 0;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const unsigned high = hex_detail::values[static_cast<unsigned char>(text[i])];
    const unsigned low = hex_detail::values[static_cast<unsigned char>(text[i + 1])];
    seen |= high | low;
    *out++ = static_cast<std::uint8_t>((high & 15) << 4 | (low & 15));
  }
  return (seen & refused) == 0;
}

}  // namespace llmtrace::core
