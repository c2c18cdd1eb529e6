#pragma once

#include "net/secret.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::net {

inline constexpr std::size_t max_reply_bytes = 64 * 1024;

struct SecretHeader {
  std::string name;
  Secret value;
};

enum class HttpMethod : std::uint8_t { post, patch, get };

// One request. The body is given in pieces that are sent one after the other and not copied, so that
// a slice of a batch goes out between a prefix and a suffix; a GET has none.
struct HttpRequest {
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::optional<SecretHeader> secret_header;
  std::vector<std::string_view> body;         // must live until the reply is taken or cancelled
  std::chrono::milliseconds timeout{10'000};  // of the whole exchange
  std::chrono::milliseconds connect_timeout{3'000};
  bool gzip = false;
  HttpMethod method = HttpMethod::post;
  // False: once a byte of the body was handed to the connection it is not sent again on another one, because
  // the peer may have acted on it.
  bool may_repeat = true;
  std::size_t most_reply_bytes = max_reply_bytes;
};

struct HttpReply {
  enum class Outcome : std::uint8_t {
    answered,     // `status` is what the peer said
    unreachable,  // no connection, or it broke before the reply was complete
    timed_out,
    aborted,        // by cancel_all
    refused_by_us,  // nothing was sent: bad URL or header, plain http, certificate not trusted
  };

  Outcome outcome = Outcome::unreachable;
  int status = 0;
  bool body_cut = false;  // longer than most_reply_bytes; the rest was not read
  std::string body;
  std::string retry_after;
  // The peer's `Date`, else our clock on arrival: what an absolute Retry-After is relative to.
  std::chrono::system_clock::time_point date{};
  std::string error;  // for people; never contains the key, a query or userinfo
};

}  // namespace llmtrace::net
