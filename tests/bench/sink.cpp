#include "sink.hpp"

#include "support/faulty_sockets.hpp"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <strings.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace llmtrace::bench {
namespace {

// Of all connections. Relaxed: read when the last byte has been acknowledged, and a reply orders more than
// enough.
std::atomic<std::uint64_t> spans_seen{0};
std::atomic<std::uint64_t> span_bytes{0};
std::atomic<std::uint64_t> requests_seen{0};

// Counts a word in a stream of pieces: the end of a piece is kept in front of the next.
class WordCount {
 public:
  explicit WordCount(std::string_view word) : word_{word} {}

  // `piece` has room for the word in front of it.
  void add(char* piece, std::size_t size) {
    char* from = piece - kept_.size();
    std::memcpy(from, kept_.data(), kept_.size());
    char* const end = piece + size;
    char* at = from;
    while (void* found = memmem(at, static_cast<std::size_t>(end - at), word_.data(), word_.size())) {
      ++count_;
      at = static_cast<char*>(found) + word_.size();
    }
    const auto left = static_cast<std::size_t>(end - at);
    const std::size_t keep = left < word_.size() ? left : word_.size() - 1;
    kept_.assign(end - keep, keep);
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  std::string_view word_;
  std::string kept_;
  std::uint64_t count_ = 0;
};

class Connection {
 public:
  explicit Connection(int socket) : socket_{socket} {}

  void serve() {
    while (serve_request()) {
    }
  }

 private:
  static constexpr std::size_t front_room = 64;
  static constexpr std::size_t piece_size = 256u << 10;

  bool serve_request() {
    if (!receive_head()) return false;
    const bool spans = head_.compare(0, 16, "POST /api/spans ") == 0;
    WordCount items{spans ? "\"span_id\":" : "\"root_span_id\":"};
    const std::size_t body_size = content_length();
    if (!receive_body(body_size, items)) return false;
    if (spans) {
      spans_seen.fetch_add(items.count(), std::memory_order_relaxed);
      span_bytes.fetch_add(head_.size() + body_size, std::memory_order_relaxed);
    }
    requests_seen.fetch_add(1, std::memory_order_relaxed);
    return reply(items.count());
  }

  // Leaves what came of the body in `piece()`.
  bool receive_head() {
    head_.clear();
    for (;;) {
      head_.append(piece(), have_);
      have_ = 0;
      const std::size_t end = head_.find("\r\n\r\n");
      if (end != std::string::npos) {
        have_ = head_.size() - end - 4;
        std::memcpy(piece(), head_.data() + end + 4, have_);
        head_.resize(end + 4);
        return true;
      }
      if (!receive()) return false;
    }
  }

  bool receive_body(std::size_t left, WordCount& items) {
    for (;;) {
      const std::size_t here = have_ < left ? have_ : left;
      items.add(piece(), here);
      left -= here;
      have_ -= here;  // never a second request: a client of ours waits for its reply
      if (left == 0) return true;
      if (!receive()) return false;
    }
  }

  bool receive() {
    const ssize_t got = ::recv(socket_, piece(), piece_size, 0);
    have_ = got > 0 ? static_cast<std::size_t>(got) : 0;
    return got > 0;
  }

  [[nodiscard]] std::size_t content_length() const {
    const char* at = strcasestr(head_.c_str(), "\r\ncontent-length:");
    return at != nullptr ? std::strtoull(at + 17, nullptr, 10) : 0;
  }

  bool reply(std::uint64_t accepted) {
    const std::string body = "{\"accepted\":" + std::to_string(accepted) + ",\"rejected\":[]}";
    const std::string reply = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
    return ::send(socket_, reply.data(), reply.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(reply.size());
  }

  [[nodiscard]] char* piece() noexcept { return buffer_.data() + front_room; }

  int socket_;
  std::string head_;
  std::vector<char> buffer_ = std::vector<char>(front_room + piece_size);
  std::size_t have_ = 0;
};

void accept_connections(int listener) {
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    std::thread{[socket] {
      Connection{socket}.serve();
      ::close(socket);
    }}.detach();
  }
}

void wait_for_end_of_input() {
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

}  // namespace

Sink::Sink() : process_{self_as("sink", {})}, url_{"http://127.0.0.1:" + process_.read_line()} {}

Figures Sink::stop() { return parse_figures(process_.wait().output); }

int serve_as_sink() {
  static const testing_support::OwnedSocket listener = testing_support::bound_socket();
  if (::listen(listener.get(), 16) != 0) return 1;
  std::printf("%d\n", testing_support::port_of(listener));
  std::fflush(stdout);
  std::thread{accept_connections, listener.get()}.detach();
  wait_for_end_of_input();
  Figures figures;
  figures.set("spans", static_cast<double>(spans_seen.load(std::memory_order_relaxed)));
  figures.set("bytes", static_cast<double>(span_bytes.load(std::memory_order_relaxed)));
  figures.set("requests", static_cast<double>(requests_seen.load(std::memory_order_relaxed)));
  print(figures);
  std::_Exit(0);  // its threads still wait for their clients
}

}  // namespace llmtrace::bench
