// Says whether a text is JSON that may be copied into a document as it is. Stricter than most
// parsers, because what passes here meets parsers that we do not know.
#pragma once

#include <string_view>

namespace llmtrace::core {

// The most that `max_depth` can allow.
inline constexpr int deepest_checked_json = 64;

// One value of RFC 8259, with white space around it allowed: strict numbers that a double can hold, strict
// escapes, valid UTF-8, surrogates only in pairs, at most `max_depth` containers inside each other (the
// default leaves room for the document around it). Takes linear time, constant memory and no recursion.
[[nodiscard]] bool is_valid_json(std::string_view text, int max_depth = 60) noexcept;

}  // namespace llmtrace::core
