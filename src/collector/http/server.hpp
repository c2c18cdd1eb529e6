// An HTTP/1.1 server that stays up: everything a client may send is bounded in size and in time, and whoever
// is slow waits alone. Beast parses; the rest (limits, deadlines, caps, compression, streams) is ours.
#pragma once

#include "collector/http/message.hpp"
#include "collector/http/worker_pool.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace llmtrace::collector::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  // a numeric one
  std::uint16_t port = 8001;          // 0: any free one
  std::size_t threads = 2;

  std::size_t most_header_bytes = 16 * 1024;
  std::size_t most_wire_bytes = 16 * 1024 * 1024;  // of a body as sent
  std::size_t most_body_bytes = 64 * 1024 * 1024;  // of a body after inflation
  std::size_t most_held_bytes = 96 * 1024 * 1024;  // of all bodies together; beyond it 503

  std::size_t most_connections = 2'048;
  std::size_t most_connections_of_a_peer = 256;  // loopback is exempt: there everybody has one address

  std::chrono::milliseconds header_time{10'000};  // from the first byte to the last
  std::chrono::milliseconds idle_time{75'000};    // between two requests
  std::chrono::milliseconds body_time{10'000};    // and a second more for each lowest_rate bytes
  std::size_t lowest_rate = 16 * 1024;            // bytes a second
  std::chrono::milliseconds write_time{30'000};   // for each piece of an answer
  std::chrono::milliseconds source_poll{10'000};  // how often an idle source is asked again
  std::chrono::milliseconds source_rest{200};
  std::chrono::milliseconds stop_time{5'000};  // for what is being answered when the server stops
};

struct ServerCounts {
  std::uint64_t connections = 0;  // open now
  std::uint64_t accepted = 0;
  std::uint64_t evicted = 0;  // closed to make room
  std::uint64_t refused = 0;  // closed at once: too many of one peer
  std::uint64_t requests = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t malformed = 0;
  std::uint64_t held_bytes = 0;
};

class Server {
 public:
  // Application and pool outlive the server. Throws std::runtime_error when the address cannot be had.
  Server(ServerOptions options, Application& application, WorkerPool& pool);
  ~Server();  // NOLINT(bugprone-exception-escape): see there
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] ServerCounts counts() const noexcept;

  // Takes no new requests, lets the running ones end within the limit, joins the threads.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmtrace::collector::http
