// ASCII by what it may be part of. Never by the locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmtrace::privacy {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
[[nodiscard]] constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
[[nodiscard]] constexpr bool is_letter(char c) noexcept { return is_upper(c) || is_lower(c); }
[[nodiscard]] constexpr bool is_alnum(char c) noexcept { return is_letter(c) || is_digit(c); }
[[nodiscard]] constexpr bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
[[nodiscard]] constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
[[nodiscard]] constexpr bool is_quote(char c) noexcept { return c == '"' || c == '\'' || c == '`'; }
[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// `word` is in lower case.
[[nodiscard]] constexpr bool equals_folded(std::string_view text, std::string_view word) noexcept {
  if (text.size() != word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (to_lower(text[i]) != word[i]) return false;
  return true;
}
[[nodiscard]] constexpr bool starts_folded(std::string_view text, std::string_view word) noexcept {
  return text.size() >= word.size() && equals_folded(text.substr(0, word.size()), word);
}

// What tokens are made of.
enum class Alphabet : std::uint8_t { alnum, upper_alnum, word, dashed, dotted, base64 };

[[nodiscard]] constexpr bool belongs_to(char c, Alphabet alphabet) noexcept {
  switch (alphabet) {
    case Alphabet::alnum: return is_alnum(c);
    case Alphabet::upper_alnum: return is_upper(c) || is_digit(c);
    case Alphabet::word: return is_alnum(c) || c == '_';
    case Alphabet::dashed: return is_alnum(c) || c == '_' || c == '-';
    case Alphabet::dotted: return is_alnum(c) || c == '_' || c == '-' || c == '.';
    case Alphabet::base64:
      return is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
  }
  return false;
}

// Where the run of such characters that begins at `from` ends.
[[nodiscard]] constexpr std::size_t run_end(std::string_view text, std::size_t from,
                                            Alphabet alphabet) noexcept {
  while (from < text.size() && belongs_to(text[from], alphabet)) ++from;
  return from;
}

}  // namespace llmtrace::privacy
