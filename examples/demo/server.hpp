// The provider on a free port of 127.0.0.1: a thread for each connection, ended by its destructor.
#pragma once

#include "behaviour.hpp"
#include "http_connection.hpp"
#include "replies.hpp"

#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace fake_provider {

class Server {
 public:
  explicit Server(std::uint16_t port);  // 0: any free one; throws std::system_error
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int listener() const { return listener_; }  // readable when somebody calls
  void accept_one();

 private:
  struct Client {
    int socket = -1;
    bool done = false;
    std::thread thread;
  };

  void serve(Client& client);
  bool answer(HttpConnection& connection, const Request& request);
  [[nodiscard]] Reply reply_for(const Request& request, const Asked& asked);
  bool give(HttpConnection& connection, const Request& request, const Behaviour& behaviour, Reply reply);
  bool give_pieces(HttpConnection& connection, const Reply& reply, std::chrono::milliseconds delay);
  [[nodiscard]] bool is_refused_now(const std::string& target);
  [[nodiscard]] bool wait(std::chrono::milliseconds time);  // false when the server ends
  void wait_for_end();
  void join_done();

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::set<std::string> refused_;  // targets whose next request is answered
  std::list<Client> clients_;
};

}  // namespace fake_provider
