#pragma once

#include "support/fault_action.hpp"
#include "support/faulty_sockets.hpp"
#include "support/http_wire.hpp"
#include "support/oracle.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace llmtrace::testing_support {

// A real HTTP/1.1 service on a free port of 127.0.0.1 that misbehaves as told: queued actions
// first, one per request, then what `otherwise` says, by default accept(). It knows chunked and
// gzip bodies, `Expect: 100-continue` and keep-alive. All of it may be called from any thread.
class FaultServer {
 public:
  using Script = std::function<Action(const ReceivedRequest&)>;

  FaultServer();
  ~FaultServer();
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_of(listener_); }
  [[nodiscard]] std::string url() const { return url_of_port(port()); }

  void enqueue(Action action, std::size_t times = 1);
  void otherwise(Action action);
  void otherwise(Script script);
  void release();  // each request received so far that hangs

  [[nodiscard]] const Oracle& oracle() const { return oracle_; }
  [[nodiscard]] std::size_t connection_count() const;

 private:
  void accept_loop();
  void serve(int socket, std::size_t number);
  [[nodiscard]] bool serve_one(Connection& connection, std::size_t number);
  [[nodiscard]] bool act(Connection& connection, const Action& action, const ReceivedRequest& request);
  [[nodiscard]] bool send_reply(Connection& connection, const Action& action);
  std::string accept_and_reply(const Action& action, const ReceivedRequest& request);
  [[nodiscard]] bool take_reset_before();
  [[nodiscard]] Action next_action(const ReceivedRequest& request);
  [[nodiscard]] std::size_t release_count() const;
  [[nodiscard]] bool wait_for_release(std::size_t before);

  OwnedSocket listener_;
  OwnedSocket stop_;  // an eventfd, readable once the server ends
  Oracle oracle_;
  mutable std::mutex mutex_;
  std::condition_variable released_;
  std::deque<Action> queue_;
  Script script_;
  std::size_t releases_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace llmtrace::testing_support
