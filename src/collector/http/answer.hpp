// The bytes of an answer's head and of a chunk.
#pragma once

#include "collector/http/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::collector::http {

struct Framing {
  std::optional<std::uint64_t> length;  // nothing: chunked, or to the end of the connection
  bool chunked = false;
  bool keep_alive = true;
};

[[nodiscard]] std::string head_of(const Response& response, const Framing& framing);
[[nodiscard]] std::string chunk_of(std::string_view bytes);

inline constexpr std::string_view last_chunk = "0\r\n\r\n";
inline constexpr std::string_view continue_answer = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace llmtrace::collector::http
