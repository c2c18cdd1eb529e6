#pragma once

#include "net/http_message.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace llmtrace::exporting {

// A POST unless it says otherwise.
struct PostRequest {
  std::string_view path;                 // after the base URL
  std::array<std::string_view, 3> body;  // must live until `take` has answered or after `cancel`
  std::chrono::milliseconds timeout;
  std::chrono::milliseconds connect_timeout;
  net::HttpMethod method = net::HttpMethod::post;
  bool may_repeat = true;  // as in net::HttpRequest
  std::size_t most_reply_bytes = net::max_reply_bytes;
};

// What a sender needs of HTTP: one request at a time, and its reply when there is one. The edge at
// which tests put a scripted service. Called from the worker thread only.
class Transport {
 public:
  virtual ~Transport() = default;

  [[nodiscard]] virtual bool start(const PostRequest& request) noexcept = 0;  // false: no memory
  [[nodiscard]] virtual std::optional<net::HttpReply> take() noexcept = 0;
  virtual void cancel() noexcept = 0;
};

}  // namespace llmtrace::exporting
