#include "support/faulty_sockets.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace llmtrace::testing_support {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

OwnedSocket tcp_socket(int flags) {
  OwnedSocket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (socket.get() < 0) fail("socket");
  return socket;
}

bool is_waiting_for_syn_ack(const OwnedSocket& socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) fail("TCP_INFO");
  return info.tcpi_state == TCP_SYN_SENT;
}

}  // namespace

OwnedSocket::~OwnedSocket() {
  if (descriptor_ >= 0) close(descriptor_);
}

OwnedSocket::OwnedSocket(OwnedSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

OwnedSocket bound_socket() {
  OwnedSocket socket = tcp_socket(0);
  const sockaddr_in address = loopback(0);
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("bind");
  }
  return socket;
}

std::uint16_t port_of(const OwnedSocket& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("getsockname");
  }
  return ntohs(address.sin_port);
}

std::string url_of_port(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

bool accepts_connections(std::uint16_t port) {
  const OwnedSocket socket = tcp_socket(0);
  const sockaddr_in address = loopback(port);
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::uint16_t refused_port() {
  static const OwnedSocket bound = bound_socket();  // without listen() the kernel answers RST
  return port_of(bound);
}

BlackHole::BlackHole() : listener_(bound_socket()) {
  if (listen(listener_.get(), 0) != 0) fail("listen");
  constexpr int most_fillers = 64;
  for (int i = 0; i < most_fillers; ++i) {
    if (next_connect_hangs()) return;
  }
  throw std::runtime_error("the kernel does not drop connections to a full queue");
}

// A loopback handshake is over when connect() returns, so the state tells at once.
bool BlackHole::next_connect_hangs() {
  OwnedSocket filler = tcp_socket(SOCK_NONBLOCK);
  const sockaddr_in address = loopback(port());
  const int result = connect(filler.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (result != 0 && errno != EINPROGRESS) fail("connect");
  const bool hangs = is_waiting_for_syn_ack(filler);
  fillers_.push_back(std::move(filler));
  return hangs;
}

MuteServer::MuteServer() : listener_(bound_socket()) {
  const int small_buffer = 4096;  // so that a body of some size also blocks the sending
  setsockopt(listener_.get(), SOL_SOCKET, SO_RCVBUF, &small_buffer, sizeof small_buffer);
  if (listen(listener_.get(), 128) != 0) fail("listen");
}

}  // namespace llmtrace::testing_support
