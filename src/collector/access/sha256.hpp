// SHA-256 of a short text, for stored keys.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace llmtrace::collector::access {

using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest sha256(std::string_view text) noexcept;

}  // namespace llmtrace::collector::access
