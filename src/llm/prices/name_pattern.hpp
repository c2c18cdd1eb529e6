// The few regular expressions that price tables use for models' names: literals, ".", "\d", "[…]", "{n}",
// "^", "$" and "(?:a|b)" of literals. Without "*", "+" and "?" a match takes no more steps than name times
// pattern.
#pragma once

#include <string_view>

namespace llmtrace::llm {

[[nodiscard]] bool is_name_pattern(std::string_view pattern) noexcept;
// False for what is no such pattern. Ignores the case of ASCII letters.
[[nodiscard]] bool matches_name_pattern(std::string_view pattern, std::string_view name) noexcept;

}  // namespace llmtrace::llm
