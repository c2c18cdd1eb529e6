// The single escapes of JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::privacy {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t end = 0;  // in the raw text
};

[[nodiscard]] std::size_t skip_backslashes(std::string_view raw, std::size_t at) noexcept;

// Of the digits at `at`, which is behind "\u"; with the second half of a pair, which has backslashes of its
// own.
[[nodiscard]] std::optional<CodePoint> code_point_at(std::string_view raw, std::size_t at) noexcept;

// How many bytes it has in UTF-8. May throw std::bad_alloc.
std::size_t put_utf8(std::string& to, std::uint32_t code);

// Of the character behind a backslash that is no "\u".
[[nodiscard]] char meaning_of(char escaped) noexcept;

}  // namespace llmtrace::privacy
