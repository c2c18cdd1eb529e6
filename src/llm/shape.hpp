// Recognises a response by its first members where the URL says nothing.
#pragma once

#include "llm/body_reader.hpp"
#include "llm/endpoints.hpp"

#include <string_view>

namespace llmtrace::llm {

// Null when the bytes, which may be the beginning only, are nobody's.
[[nodiscard]] const Endpoint* guess_endpoint(std::string_view body, const BodyOptions& options);

}  // namespace llmtrace::llm
