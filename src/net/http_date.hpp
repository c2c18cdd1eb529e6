#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace llmtrace::net {

// Reads the three date forms of HTTP (RFC 9110, 5.6.7), always as UTC. Nothing for anything else.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_http_date(
    std::string_view text) noexcept;

}  // namespace llmtrace::net
