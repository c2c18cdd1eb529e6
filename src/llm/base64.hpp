#pragma once

#include <string>
#include <string_view>

namespace llmtrace::llm {

// Standard and URL alphabets, with or without padding; what is in neither is skipped.
[[nodiscard]] std::string decode_base64(std::string_view text);

}  // namespace llmtrace::llm
