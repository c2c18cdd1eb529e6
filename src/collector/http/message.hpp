// A request as the routes see it and the answer that they give, without a word about sockets.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace llmtrace::collector::http {

using Fields = std::vector<std::pair<std::string, std::string>>;

// Everything but the body. Names of headers are in lower case; the target is in origin form.
struct RequestHead {
  std::string method;
  std::string path;   // as sent, still percent-encoded
  std::string query;  // without the question mark, still encoded
  Fields headers;
  bool from_loopback = false;

  // Empty when the header is absent. Headers that matter come once: the server refuses the rest.
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const noexcept;
};

struct Request : RequestHead {
  std::string body;  // after chunks and compression are undone
};

// A body that is made while it is sent. Each call runs on a thread that may block.
class BodySource {
 public:
  enum class Next : unsigned char { more, idle, rest, end };

  virtual ~BodySource() = default;
  BodySource() = default;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;

  // Appends the next piece. `idle`: nothing now; called again when woken, or after some seconds. `rest`:
  // called again after a fraction of a second, whatever happens, so that a stream stays slow enough to read.
  virtual Next next(std::string& out) = 0;
  // Called once, before the first next(). `wake` may be called from any thread, at any time.
  virtual void on_start(std::function<void()>&& /*wake*/) {}
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  Fields headers;
  std::string body;
  std::string_view fixed_body;         // instead of `body`: bytes that live as long as the program
  std::unique_ptr<BodySource> source;  // instead of both
};

// Answers one request; called once, from any thread. A request that is never answered holds its connection.
using Reply = std::function<void(Response)>;

// What the server serves. Called from the server's threads, of which several may be inside at once.
class Application {
 public:
  virtual ~Application() = default;
  Application() = default;
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // Looks at the head before the body is read; an answer here ends the request.
  [[nodiscard]] virtual std::optional<Response> refuse(const RequestHead& head) = 0;
  // Must not block.
  virtual void handle(Request request, Reply reply) = 0;
  // Answers for what never became a request: 400, 408, 413, 431, 500, 503, …
  [[nodiscard]] virtual Response explain(int status, std::string_view problem) = 0;
};

}  // namespace llmtrace::collector::http
