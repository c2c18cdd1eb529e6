#include "privacy/unescape.hpp"

#include "privacy/char_class.hpp"

namespace llmtrace::privacy {
namespace {

std::optional<std::uint32_t> unit_at(std::string_view raw, std::size_t at) noexcept {
  if (at + 4 > raw.size()) return std::nullopt;
  std::uint32_t unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_value(raw[i]);
    if (digit < 0) return std::nullopt;
    unit = unit << 4 | static_cast<std::uint32_t>(digit);
  }
  return unit;
}

bool is_high_surrogate(std::uint32_t unit) noexcept { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_surrogate(std::uint32_t unit) noexcept { return unit >= 0xdc00 && unit < 0xe000; }

}  // namespace

std::size_t skip_backslashes(std::string_view raw, std::size_t at) noexcept {
  while (at < raw.size() && raw[at] == '\\') ++at;
  return at;
}

std::optional<CodePoint> code_point_at(std::string_view raw, std::size_t at) noexcept {
  const auto first = unit_at(raw, at);
  if (!first) return std::nullopt;
  const std::size_t second = skip_backslashes(raw, at + 4);
  if (is_high_surrogate(*first) && second > at + 4 && second < raw.size() && raw[second] == 'u')
    if (const auto low = unit_at(raw, second + 1); low && is_low_surrogate(*low))
      return CodePoint{0x10000 + ((*first - 0xd800) << 10) + (*low - 0xdc00), second + 5};
  return CodePoint{*first, at + 4};
}

std::size_t put_utf8(std::string& to, std::uint32_t code) {
  const auto put = [&to](std::uint32_t byte) { to.push_back(static_cast<char>(byte)); };
  const std::size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  constexpr std::uint32_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  put(lead[size] | code >> 6 * (size - 1));
  for (std::size_t left = size - 1; left != 0; --left) put(0x80 | (code >> 6 * (left - 1) & 0x3f));
  return size;
}

char meaning_of(char escaped) noexcept {
  switch (escaped) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'f': return '\f';
    default: return escaped;
  }
}

}  // namespace llmtrace::privacy
