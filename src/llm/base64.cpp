#include "llm/base64.hpp"

#include <array>
#include <cstdint>

namespace llmtrace::llm {
namespace {

constexpr std::uint8_t not_a_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(not_a_digit);
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  digits[static_cast<unsigned char>('-')] = 62;
  digits[static_cast<unsigned char>('_')] = 63;
  return digits;
}

constexpr std::array<std::uint8_t, 256> digits = make_digits();

}  // namespace

std::string decode_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char letter : text) {
    const std::uint8_t digit = digits[static_cast<unsigned char>(letter)];
    if (digit == not_a_digit) continue;
    bits = bits << 6 | digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count));
    bits &= (1U << count) - 1;
  }
  return bytes;
}

}  // namespace llmtrace::llm
