// Makes any bytes into valid UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrace::llm {

// Replaces each maximal invalid part by U+FFFD; false when there was none.
bool repair_utf8(std::string& text);

// Length of the text without a character that its end cuts in two.
[[nodiscard]] std::size_t whole_utf8(std::string_view text) noexcept;

// Writes up to 4 bytes; what is no scalar value is written as U+FFFD.
std::size_t encode_utf8(std::uint32_t code, char* out) noexcept;

}  // namespace llmtrace::llm
