// A connection on which a test says exactly what it wants to say, and reads what comes back.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace llmtrace::testing_support {

struct RawReply {
  int status = 0;                              // 0: the connection ended without one
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class RawClient {
 public:
  static constexpr std::chrono::seconds patience{20};

  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  RawClient(RawClient&& other) noexcept : socket_{std::exchange(other.socket_, -1)} {}

  [[nodiscard]] bool connected() const noexcept { return socket_ >= 0; }
  bool send(std::string_view bytes);  // false when the peer has closed
  void finish_sending();
  // The next answer; without a body for a HEAD.
  [[nodiscard]] RawReply read_reply(bool head_only = false);
  // What comes next, up to a text or the end; for streams.
  [[nodiscard]] std::string read_until(std::string_view text);
  // Something can be read, now or within the limit.
  [[nodiscard]] bool has_input(std::chrono::milliseconds limit) const;
  // The peer closes, within the patience, without another byte.
  [[nodiscard]] bool ends();

 private:
  [[nodiscard]] bool fill();
  [[nodiscard]] std::optional<std::string> take_line();
  [[nodiscard]] bool take_body(RawReply& reply);

  int socket_ = -1;
  std::string buffer_;
};

using HeaderLines = std::vector<std::string>;

// One request on a connection of its own.
[[nodiscard]] RawReply ask(std::uint16_t port, std::string_view method, std::string_view target,
                           const HeaderLines& headers = {}, std::string_view body = {});
[[nodiscard]] std::string request_text(std::string_view method, std::string_view target,
                                       const HeaderLines& headers, std::string_view body);

}  // namespace llmtrace::testing_support
