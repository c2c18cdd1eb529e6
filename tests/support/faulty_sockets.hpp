#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace llmtrace::testing_support {

// A descriptor that closes itself.
class OwnedSocket {
 public:
  explicit OwnedSocket(int descriptor = -1) noexcept : descriptor_(descriptor) {}
  ~OwnedSocket();
  OwnedSocket(OwnedSocket&& other) noexcept;
  OwnedSocket& operator=(OwnedSocket&&) = delete;

  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

// A TCP socket bound to a free port of 127.0.0.1.
[[nodiscard]] OwnedSocket bound_socket();
[[nodiscard]] std::uint16_t port_of(const OwnedSocket& socket);
[[nodiscard]] std::string url_of_port(std::uint16_t port);

// Whether somebody listens on that port of 127.0.0.1.
[[nodiscard]] bool accepts_connections(std::uint16_t port);

// A port that refuses connections. It stays bound until the process ends, so nobody else gets it.
[[nodiscard]] std::uint16_t refused_port();

// A port where connects hang: its accept queue is full, so the kernel drops each SYN.
class BlackHole {
 public:
  BlackHole();  // throws when the kernel goes on accepting

  [[nodiscard]] std::uint16_t port() const { return port_of(listener_); }
  [[nodiscard]] std::string url() const { return url_of_port(port()); }

 private:
  [[nodiscard]] bool next_connect_hangs();

  OwnedSocket listener_;
  std::vector<OwnedSocket> fillers_;
};

// Connections are established and their bytes are never read, nor answered.
class MuteServer {
 public:
  MuteServer();

  [[nodiscard]] std::uint16_t port() const { return port_of(listener_); }
  [[nodiscard]] std::string url() const { return url_of_port(port()); }

 private:
  OwnedSocket listener_;
};

}  // namespace llmtrace::testing_support
