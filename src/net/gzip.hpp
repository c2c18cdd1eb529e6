#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace llmtrace::net {

// The pieces, one after the other, as one gzip stream; nothing when memory is short.
[[nodiscard]] std::optional<std::string> gzip(std::span<const std::string_view> pieces) noexcept;

}  // namespace llmtrace::net
