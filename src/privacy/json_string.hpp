// What a JSON string means, one level of escapes deep: for those who look at values and not at bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::privacy {

// `content` is what stands between the quotes of a valid string. Nothing when memory is refused.
[[nodiscard]] std::optional<std::string> json_string_meaning(std::string_view content) noexcept;

}  // namespace llmtrace::privacy
