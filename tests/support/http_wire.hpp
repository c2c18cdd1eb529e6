#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::testing_support {

// One request as it came over the wire, its body decoded.
struct WireRequest {
  std::string method;
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // after chunks and gzip are undone
  std::size_t wire_bytes = 0;                  // of the body as sent
  std::string violation;                       // what was wrong with it, empty when nothing was
};

// A socket of the server. Each wait also ends when `stop` becomes readable, so that a server can
// always be torn down, whatever its clients do.
class Connection {
 public:
  Connection(int socket, int stop) : socket_(socket), stop_(stop) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // False at the end of the stream, on an error or when stopped.
  [[nodiscard]] bool wait_readable();
  [[nodiscard]] std::optional<WireRequest> read_request();
  [[nodiscard]] bool send(std::string_view bytes);

  void reset();  // the peer sees RST, not FIN

 private:
  [[nodiscard]] bool wait_for(short events);
  [[nodiscard]] bool fill();
  [[nodiscard]] std::optional<std::string> read_line();
  [[nodiscard]] bool read_exactly(std::size_t size, std::string& target);
  [[nodiscard]] bool read_headers(WireRequest& request);
  [[nodiscard]] bool read_body(WireRequest& request);
  [[nodiscard]] bool read_chunks(std::string& target);

  int socket_;
  int stop_;
  std::string buffer_;
};

[[nodiscard]] std::optional<std::string> gunzip(std::string_view bytes);
[[nodiscard]] std::string gzip_of_zeros(std::size_t size);

}  // namespace llmtrace::testing_support
