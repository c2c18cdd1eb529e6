// What stands in a text where the capture limit has cut something out of it. The redactor knows it: a secret
// may have lost its end there. What comes behind it begins with the next word, for the secret may have kept
// its end.
#pragma once

#include <string_view>

namespace llmtrace::llm {

inline constexpr std::string_view gap_mark = "\xE2\x80\xA6";

// Keys and tokens are made of these.
[[nodiscard]] constexpr bool may_be_in_key(char byte) noexcept {
  const char lower = static_cast<char>(byte | 0x20);
  return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' ||
         byte == '.' || byte == '+' || byte == '/' || byte == '=';
}

[[nodiscard]] constexpr std::string_view behind_gap(std::string_view text) noexcept {
  while (!text.empty() && may_be_in_key(text.front())) text.remove_prefix(1);
  return text;
}

}  // namespace llmtrace::llm
