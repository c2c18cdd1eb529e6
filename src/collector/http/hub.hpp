// What the sessions of a server share: its limits, its counters, and the list of them from which the one that
// has waited longest makes room for a new one. Included by server.cpp alone, as everything that names Beast.
#pragma once

#include "collector/http/server.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

namespace llmtrace::collector::http {

class Session;

struct Counters {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> evicted{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> timed_out{0};
  std::atomic<std::uint64_t> malformed{0};
  std::atomic<std::size_t> held_bytes{0};
};

class Hub {
 public:
  Hub(ServerOptions given, Application& served, WorkerPool& workers)
      : options{std::move(given)}, application{served}, pool{workers} {}

  boost::asio::io_context context;
  const ServerOptions options;
  Application& application;
  WorkerPool& pool;
  Counters counters;
  std::atomic<bool> stopping{false};
  std::atomic<bool> stopped{false};

  // False when the peer has as many connections as it may.
  [[nodiscard]] bool add(const std::shared_ptr<Session>& session, const boost::asio::ip::address& peer);
  void remove(Session* session);
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool is_full() const { return size() >= options.most_connections; }
  // The one that has waited longest for its client; nothing when all are at work.
  [[nodiscard]] std::shared_ptr<Session> longest_waiting() const;
  [[nodiscard]] std::vector<std::shared_ptr<Session>> all() const;
  void wait_until_empty(std::chrono::milliseconds limit);

 private:
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::map<Session*, std::pair<std::shared_ptr<Session>, boost::asio::ip::address>> sessions_;
  std::map<boost::asio::ip::address, std::size_t> of_peer_;
};

}  // namespace llmtrace::collector::http
