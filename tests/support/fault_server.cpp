#include "support/fault_server.hpp"

#include <array>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <utility>

namespace llmtrace::testing_support {
namespace {

using Lock = std::unique_lock<std::mutex>;

std::string chunk_of(const std::string& bytes) {
  std::ostringstream chunk;
  chunk << std::hex << bytes.size() << "\r\n" << bytes << "\r\n";
  return chunk.str();
}

std::string http_reply(int status, const Action::Headers& headers, const std::string& body) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
  bool chunked = false;
  for (const auto& [name, value] : headers) {
    text += name + ": " + value + "\r\n";
    chunked = chunked || name == "Transfer-Encoding";
  }
  if (chunked) return text + "\r\n" + chunk_of(body) + "0\r\n\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool send_until_closed(Connection& connection, const std::string& head, const std::string& piece) {
  if (!connection.send(head)) return false;
  while (connection.send(piece)) {
  }
  return false;
}

bool send_endless_body(Connection& connection) {
  return send_until_closed(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                           chunk_of(std::string(0x1000, 'x')));
}

bool send_endless_headers(Connection& connection) {
  return send_until_closed(connection, "HTTP/1.1 200 OK\r\n", "X-Filler: " + std::string(1000, 'x') + "\r\n");
}

bool send_byte_by_byte(Connection& connection, const std::string& text) {
  for (const char byte : text) {
    if (!connection.send({&byte, 1})) return false;
  }
  return true;
}

}  // namespace

FaultServer::FaultServer() : listener_(bound_socket()), stop_(eventfd(0, EFD_CLOEXEC)) {
  if (stop_.get() < 0 || listen(listener_.get(), 1024) != 0) throw std::runtime_error("listen");
  script_ = [](const ReceivedRequest&) { return accept(); };
  acceptor_ = std::thread([this] { accept_loop(); });
}

FaultServer::~FaultServer() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  released_.notify_all();
  eventfd_write(stop_.get(), 1);
  acceptor_.join();
  for (auto& connection : connections_) connection.join();
}

void FaultServer::enqueue(Action action, std::size_t times) {
  const Lock lock(mutex_);
  queue_.insert(queue_.end(), times, action);
}

void FaultServer::otherwise(Action action) {
  otherwise([action = std::move(action)](const ReceivedRequest&) { return action; });
}

void FaultServer::otherwise(Script script) {
  const Lock lock(mutex_);
  script_ = std::move(script);
}

void FaultServer::release() {
  const Lock lock(mutex_);
  ++releases_;
  released_.notify_all();
}

std::size_t FaultServer::connection_count() const {
  const Lock lock(mutex_);
  return connections_.size();
}

void FaultServer::accept_loop() {
  for (;;) {
    std::array<pollfd, 2> waits{{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    if (poll(waits.data(), waits.size(), -1) < 0) continue;
    if (waits[1].revents != 0) return;
    const int socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const Lock lock(mutex_);
    const std::size_t number = connections_.size() + 1;
    connections_.emplace_back([this, socket, number] { serve(socket, number); });
  }
}

void FaultServer::serve(int socket, std::size_t number) {
  const int at_once = 1;  // a drip must not be gathered into one packet
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  Connection connection(socket, stop_.get());
  while (connection.wait_readable() && serve_one(connection, number)) {
  }
}

bool FaultServer::serve_one(Connection& connection, std::size_t number) {
  if (take_reset_before()) {
    connection.reset();
    return false;
  }
  auto wire = connection.read_request();
  if (!wire) return false;
  ReceivedRequest request;
  static_cast<WireRequest&>(request) = std::move(*wire);
  request.connection = number;
  request.releases = release_count();  // before anybody can know of the request
  Oracle::read(request);
  // Before anybody can see the request: who has seen it may send the next one, which gets the next action.
  const Action action = next_action(request);
  oracle_.record(request);
  return act(connection, action, request) && !action.close;
}

bool FaultServer::act(Connection& connection, const Action& action, const ReceivedRequest& request) {
  using Kind = Action::Kind;
  switch (action.kind) {
    case Kind::reply: return send_reply(connection, action);
    case Kind::lose_reply: accept_and_reply(action, request); return false;
    case Kind::hang:
      return wait_for_release(request.releases) && connection.send(accept_and_reply(action, request));
    case Kind::reset_before:
    case Kind::reset_after: connection.reset(); return false;
    case Kind::endless: return send_endless_body(connection);
    case Kind::endless_headers: return send_endless_headers(connection);
    case Kind::drip: return send_byte_by_byte(connection, accept_and_reply(action, request));
    case Kind::cut_reply: {
      const auto text = accept_and_reply(action, request);
      static_cast<void>(connection.send(text.substr(0, text.size() - 5)));
      return false;
    }
    case Kind::accept: break;
  }
  return connection.send(accept_and_reply(action, request));
}

bool FaultServer::send_reply(Connection& connection, const Action& action) {
  return connection.send(http_reply(action.status, action.headers, action.body));
}

std::string FaultServer::accept_and_reply(const Action& action, const ReceivedRequest& request) {
  if (request.json.is_discarded()) {
    return http_reply(422, {}, R"({"detail":"not strict JSON"})");
  }
  nlohmann::json answer = {{"accepted", oracle_.commit(request, action.refused)},
                           {"rejected", nlohmann::json::array()}};
  const auto count = Oracle::items_of(request.json).size();
  for (const auto index : action.refused) {
    if (index < count) answer["rejected"].push_back({{"index", index}, {"error", "scripted"}});
  }
  return http_reply(200, {{"Content-Type", "application/json"}}, answer.dump());
}

bool FaultServer::take_reset_before() {
  const Lock lock(mutex_);
  if (queue_.empty() || queue_.front().kind != Action::Kind::reset_before) return false;
  queue_.pop_front();
  return true;
}

Action FaultServer::next_action(const ReceivedRequest& request) {
  Script script;
  {
    const Lock lock(mutex_);
    if (!queue_.empty()) {
      Action action = std::move(queue_.front());
      queue_.pop_front();
      return action;
    }
    script = script_;
  }
  return script(request);
}

std::size_t FaultServer::release_count() const {
  const Lock lock(mutex_);
  return releases_;
}

bool FaultServer::wait_for_release(std::size_t before) {
  Lock lock(mutex_);
  released_.wait(lock, [&] { return stopping_ || releases_ != before; });
  return !stopping_;
}

}  // namespace llmtrace::testing_support
