// HTTP for command line tools: one request at a time, on the calling thread. Not for programs that are
// traced: it waits, and it may receive much.
#pragma once

#include "net/secret.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::net {

struct ClientOptions {
  std::string base_url;  // http(s)://host[:port][/path]
  Secret api_key;        // sent as X-API-Key; none when empty
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds connect_timeout{3'000};
  bool allow_plain_http = false;  // to other machines: anybody on the way reads the key
};

struct ClientReply {
  int status = 0;  // 0: there was no answer, see `error`
  std::string body;
  std::string retry_after;
  std::string error;
};

class BlockingClient {
 public:
  using Receiver = std::function<bool(std::string_view bytes)>;  // false to stop

  // Throws std::runtime_error for a URL that nothing may be sent to.
  explicit BlockingClient(ClientOptions options);
  ~BlockingClient();
  BlockingClient(const BlockingClient&) = delete;
  BlockingClient& operator=(const BlockingClient&) = delete;

  [[nodiscard]] ClientReply get(const std::string& path);
  [[nodiscard]] ClientReply post(const std::string& path, std::string_view json);
  // `lines`: more of the request's head. Hands the body of a 200 on as it comes, for as long as it takes; of
  // other answers the body is kept.
  [[nodiscard]] ClientReply stream(const std::string& path, const std::vector<std::string>& lines,
                                   const Receiver& receiver);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmtrace::net
