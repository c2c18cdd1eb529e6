// The one translation unit that compiles Beast; hub.hpp and session.hpp belong to it.
#include "collector/http/server.hpp"

#include "collector/http/session.hpp"
#include "collector/http/session_answer.hpp"
#include "collector/http/session_read.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

namespace llmtrace::collector::http {

namespace asio = boost::asio;
using asio::ip::tcp;

bool Hub::add(const std::shared_ptr<Session>& session, const asio::ip::address& peer) {
  const std::lock_guard lock{mutex_};
  std::size_t& count = of_peer_[peer];
  if (!peer.is_loopback() && count >= options.most_connections_of_a_peer) return false;
  ++count;
  sessions_.emplace(session.get(), std::pair{session, peer});
  return true;
}

void Hub::remove(Session* session) {
  std::shared_ptr<Session> last;  // dies without the lock
  const std::lock_guard lock{mutex_};
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  const auto count = of_peer_.find(found->second.second);
  if (--count->second == 0) of_peer_.erase(count);
  last = std::move(found->second.first);
  sessions_.erase(found);
  if (sessions_.empty()) empty_.notify_all();
}

std::size_t Hub::size() const {
  const std::lock_guard lock{mutex_};
  return sessions_.size();
}

std::shared_ptr<Session> Hub::longest_waiting() const {
  const std::lock_guard lock{mutex_};
  std::shared_ptr<Session> oldest;
  auto since = std::numeric_limits<Session::Clock::rep>::max();
  for (const auto& [raw, entry] : sessions_) {
    if (raw->waiting_since() >= since) continue;
    since = raw->waiting_since();
    oldest = entry.first;
  }
  return oldest;
}

std::vector<std::shared_ptr<Session>> Hub::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::shared_ptr<Session>> sessions;
  sessions.reserve(sessions_.size());
  for (const auto& [raw, entry] : sessions_) sessions.push_back(entry.first);
  return sessions;
}

void Hub::wait_until_empty(std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  empty_.wait_for(lock, limit, [this] { return sessions_.empty(); });
}

struct Server::State {
  std::shared_ptr<Hub> hub;
  tcp::acceptor acceptor;
  asio::steady_timer retry;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::uint16_t port = 0;
  std::vector<std::thread> threads;

  State(ServerOptions options, Application& application, WorkerPool& pool)
      : hub{std::make_shared<Hub>(std::move(options), application, pool)},
        acceptor{asio::make_strand(hub->context)},
        retry{acceptor.get_executor()},
        work{hub->context.get_executor()} {}

  void listen();
  void accept();
  void admit(tcp::socket socket);
  void evict();
  void run();
};

void Server::State::listen() {
  const std::string& address = hub->options.address;
  boost::system::error_code error;
  const tcp::endpoint endpoint{asio::ip::make_address(address, error), hub->options.port};
  if (error) throw std::runtime_error{"\"" + address + "\" is not a numeric address"};
  const auto check = [&](const char* step) {
    if (error)
      throw std::runtime_error{std::string{"cannot "} + step + " " + address + ":" +
                               std::to_string(hub->options.port) + ": " + error.message()};
  };
  acceptor.open(endpoint.protocol(), error);
  check("open a socket for");
  acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  acceptor.bind(endpoint, error);
  check("listen on");
  acceptor.listen(1'024, error);
  check("listen on");
  port = acceptor.local_endpoint().port();
}

void Server::State::accept() {
  acceptor.async_accept(asio::make_strand(hub->context),
                        [this](boost::system::error_code error, tcp::socket socket) {
                          if (hub->stopping || error == asio::error::operation_aborted) return;
                          if (!error) {
                            admit(std::move(socket));
                            accept();
                            return;
                          }
                          // Descriptors or memory are short: make room, then try again.
                          evict();
                          retry.expires_after(std::chrono::milliseconds{50});
                          retry.async_wait([this](boost::system::error_code cancelled) {
                            if (!cancelled && !hub->stopping) accept();
                          });
                        });
}

void Server::State::admit(tcp::socket socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error).address();
  if (error) return;  // gone already
  socket.set_option(tcp::no_delay{true}, error);
  if (hub->is_full()) evict();
  const auto session = std::make_shared<Session>(hub, std::move(socket), peer.is_loopback());
  if (!hub->add(session, peer)) {
    ++hub->counters.refused;
    return;
  }
  ++hub->counters.accepted;
  session->start();
}

void Server::State::evict() {
  const auto oldest = hub->longest_waiting();
  if (!oldest) return;
  ++hub->counters.evicted;
  hub->remove(oldest.get());  // now, so that the next one is not picked for the same room
  oldest->close_soon();
}

void Server::State::run() {
  for (std::size_t i = 0; i < hub->options.threads; ++i) threads.emplace_back([this] { hub->context.run(); });
}

Server::Server(ServerOptions options, Application& application, WorkerPool& pool)
    : state_{std::make_unique<State>(std::move(options), application, pool)} {
  state_->listen();
  state_->accept();
  state_->run();
}

// Posting and joining throw only where there is nothing left to do but end.
Server::~Server() { stop(); }  // NOLINT(bugprone-exception-escape)

std::uint16_t Server::port() const noexcept { return state_->port; }

ServerCounts Server::counts() const noexcept {
  const Counters& counters = state_->hub->counters;
  return {state_->hub->size(), counters.accepted,  counters.evicted,   counters.refused,
          counters.requests,   counters.timed_out, counters.malformed, counters.held_bytes};
}

void Server::stop() {
  Hub& hub = *state_->hub;
  if (hub.stopping.exchange(true)) return;
  asio::post(state_->acceptor.get_executor(), [state = state_.get()] {
    boost::system::error_code ignored;
    state->acceptor.close(ignored);
    state->retry.cancel();
  });
  for (const auto& session : hub.all()) session->finish_soon();
  hub.wait_until_empty(hub.options.stop_time);
  for (const auto& session : hub.all()) session->close_soon();
  state_->work.reset();
  for (std::thread& thread : state_->threads) thread.join();
  hub.stopped = true;
  // What was posted at the last moment holds sessions, which hold the hub.
  hub.context.restart();
  hub.context.poll();
}

}  // namespace llmtrace::collector::http
