#pragma once

#include "support/oracle.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <thread>

namespace llmtrace::testing_support {

// A TLS service for 127.0.0.1 with a certificate of its own, run by the `openssl` program, so that
// tests need no TLS library. It takes what comes, from one connection after the other.
class TlsServer {
 public:
  TlsServer();  // throws when openssl cannot be run
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] static bool available();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string ca_file() const { return directory_ + "/certificate.pem"; }

  [[nodiscard]] const Oracle& oracle() const { return oracle_; }

  void kill();  // the process: its connections break

 private:
  void make_certificate();
  void start();
  void answer_requests();

  std::string directory_;
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
  int to_clients_ = -1;  // what they said and are told, without the TLS
  Oracle oracle_;
  std::thread responder_;
};

}  // namespace llmtrace::testing_support
