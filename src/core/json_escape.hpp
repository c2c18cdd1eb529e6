// Turns any bytes into the inside of a JSON string: escapes what JSON wants escaped and repairs what
// is not UTF-8, so that a strict parser accepts whatever a program recorded.
#pragma once

#include <cstddef>

namespace llmtrace::core {

// Room that escape_json needs for `count` bytes of input, whatever they are: 6 for each, a sequence
// that reaches over the stop, and stores wider than what they mean (two vectors).
[[nodiscard]] constexpr std::size_t escaped_room(std::size_t count) noexcept { return count * 6 + 80; }

// Escapes from `in` until `stop` is reached, and a little further when a multi-byte sequence lies
// across it; `end` is the end of the text. Leaves `in` behind what was read, returns the end of what
// was written. Each maximal invalid subsequence becomes one U+FFFD.
char* escape_json(char* out, const char*& in, const char* stop, const char* end) noexcept;

}  // namespace llmtrace::core
