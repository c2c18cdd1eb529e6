// One connection of a client: reads requests and writes answers, whole or in pieces.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fake_provider {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string target;  // with its query
  std::string path;
  Headers headers;
  std::string body;

  [[nodiscard]] std::string_view header(std::string_view name) const;  // of any case; empty without
  [[nodiscard]] bool keeps_alive() const;
};

class HttpConnection {
 public:
  explicit HttpConnection(int socket) : socket_{socket} {}

  // Nothing when the client has gone or what it sent is no HTTP/1.1.
  [[nodiscard]] std::optional<Request> read_request();

  // All return false when the client is gone.
  bool write(std::string_view bytes);
  bool write_head(int status, const Headers& headers);
  bool write_chunk(std::string_view bytes);  // an empty one ends the body

 private:
  [[nodiscard]] bool fill();
  [[nodiscard]] std::optional<std::string> read_line();
  [[nodiscard]] bool read_exactly(std::size_t size, std::string& into);
  [[nodiscard]] bool read_headers(Request& request);
  [[nodiscard]] bool read_body(Request& request);
  [[nodiscard]] bool read_chunks(std::string& body);

  int socket_;
  std::string pending_;
};

[[nodiscard]] std::string_view reason_of(int status);

}  // namespace fake_provider
