// `llmtrace serve` as a process of its own, which a test may end in any way.
#pragma once

#include <csignal>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace llmtrace::testing_support {

class ServedProgram {
 public:
  // Waits until it has said where it listens. Throws when it ends before.
  explicit ServedProgram(std::vector<std::string> command);
  ~ServedProgram();  // kills it
  ServedProgram(const ServedProgram&) = delete;
  ServedProgram& operator=(const ServedProgram&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] pid_t id() const noexcept { return child_; }
  [[nodiscard]] const std::string& greeting() const noexcept { return greeting_; }
  // Sends the signal and waits for the end: the exit code, or 128 and the signal.
  int end(int signal = SIGTERM);

 private:
  pid_t child_ = -1;
  std::string greeting_;
  std::uint16_t port_ = 0;
};

}  // namespace llmtrace::testing_support
