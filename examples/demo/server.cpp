#include "server.hpp"

#include "compressor.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace fake_provider {
namespace {

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error{errno, std::generic_category(), what};
  return result;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t port_of(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

std::size_t size_of(const std::vector<std::string>& pieces) {
  std::size_t size = 0;
  for (const auto& piece : pieces) size += piece.size();
  return size;
}

bool wants_gzip(const Request& request, const Behaviour& behaviour) {
  const bool accepted = request.header("Accept-Encoding").find("gzip") != std::string::npos;
  return behaviour.always_gzip || (behaviour.gzip && accepted);
}

void compress(Reply& reply) {
  Compressor compressor;
  for (auto& piece : reply.pieces) piece = compressor.compress(piece, &piece == &reply.pieces.back());
  reply.headers.emplace_back("Content-Encoding", "gzip");
}

void add_body_headers(Reply& reply) {
  reply.headers.emplace_back("Content-Type", reply.content_type);
  if (reply.streamed) {
    reply.headers.emplace_back("Transfer-Encoding", "chunked");
  } else {
    reply.headers.emplace_back("Content-Length", std::to_string(size_of(reply.pieces)));
  }
}

void leave_first_half(std::vector<std::string>& pieces) {
  if (pieces.size() > 1) {
    pieces.resize(pieces.size() / 2);
  } else if (!pieces.empty()) {
    pieces[0].resize(pieces[0].size() / 2);
  }
}

}  // namespace

Server::Server(std::uint16_t port) {
  listener_ = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  const int on = 1;
  checked(::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt");
  const sockaddr_in address = loopback(port);
  checked(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  checked(::listen(listener_, 128), "listen");
  port_ = port_of(listener_);
}

Server::~Server() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
    for (const Client& client : clients_)
      if (!client.done) ::shutdown(client.socket, SHUT_RDWR);
  }
  ended_.notify_all();
  for (Client& client : clients_) client.thread.join();
  ::close(listener_);
}

void Server::accept_one() {
  const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return;
  const int on = 1;
  static_cast<void>(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  join_done();
  const std::lock_guard lock{mutex_};
  Client& client = clients_.emplace_back();
  client.socket = socket;
  client.thread = std::thread{[this, &client] { serve(client); }};
}

void Server::join_done() {
  std::list<Client> done;
  {
    const std::lock_guard lock{mutex_};
    for (auto at = clients_.begin(); at != clients_.end();) {
      const auto next = std::next(at);
      if (at->done) done.splice(done.end(), clients_, at);
      at = next;
    }
  }
  for (Client& client : done) client.thread.join();
}

void Server::serve(Client& client) {
  HttpConnection connection{client.socket};
  for (auto request = connection.read_request(); request; request = connection.read_request())
    if (!answer(connection, *request) || !request->keeps_alive()) break;
  const std::lock_guard lock{mutex_};
  client.done = true;  // in one step with the close: a closed number may be another's soon
  ::close(client.socket);
}

bool Server::answer(HttpConnection& connection, const Request& request) {
  const Asked asked = behaviour_of(request.path);
  if (asked.behaviour.send_continue && !connection.write("HTTP/1.1 100 Continue\r\n\r\n")) return false;
  return give(connection, request, asked.behaviour, reply_for(request, asked));
}

Reply Server::reply_for(const Request& request, const Asked& asked) {
  const Behaviour& behaviour = asked.behaviour;
  if (behaviour.redirect) {
    Reply reply = error_reply(307, "moved", "it is elsewhere");
    const auto query = request.target.find('?');
    reply.headers.emplace_back("Location",
                               asked.path + (query == std::string::npos ? "" : request.target.substr(query)));
    return reply;
  }
  if (behaviour.ask_for_authorization && request.header("Authorization").empty()) {
    Reply reply = error_reply(401, "authentication_error", "who are you?");
    reply.headers.emplace_back("WWW-Authenticate", "Basic realm=\"fake\"");
    return reply;
  }
  if (behaviour.refuse_every_other && is_refused_now(request.target)) {
    Reply reply = error_reply(429, "rate_limit_error", "too many requests; try again");
    reply.headers.emplace_back("Retry-After", "0");
    return reply;
  }
  if (behaviour.fail) return error_reply(500, "server_error", "the model is on fire");
  return reply_to(request, asked.path);
}

bool Server::give(HttpConnection& connection, const Request& request, const Behaviour& behaviour,
                  Reply reply) {
  if (wants_gzip(request, behaviour)) compress(reply);
  add_body_headers(reply);
  if (!reply.streamed && !wait(behaviour.delay)) return false;
  if (!connection.write_head(reply.status, reply.headers)) return false;
  if (request.method == "HEAD") return true;

  const bool breaks_off = behaviour.close_early || behaviour.hang;
  if (breaks_off) leave_first_half(reply.pieces);
  if (!give_pieces(connection, reply, behaviour.delay)) return false;
  if (behaviour.hang) wait_for_end();
  if (breaks_off) return false;
  return !reply.streamed || connection.write_chunk({});
}

bool Server::give_pieces(HttpConnection& connection, const Reply& reply, std::chrono::milliseconds delay) {
  for (const auto& piece : reply.pieces) {
    if (reply.streamed && !wait(delay)) return false;
    if (!(reply.streamed ? connection.write_chunk(piece) : connection.write(piece))) return false;
  }
  return true;
}

bool Server::is_refused_now(const std::string& target) {
  const std::lock_guard lock{mutex_};
  if (refused_.erase(target) != 0) return false;
  refused_.insert(target);
  return true;
}

bool Server::wait(std::chrono::milliseconds time) {
  std::unique_lock lock{mutex_};
  return !ended_.wait_for(lock, time, [this] { return ending_; });
}

void Server::wait_for_end() {
  std::unique_lock lock{mutex_};
  ended_.wait(lock, [this] { return ending_; });
}

}  // namespace fake_provider
