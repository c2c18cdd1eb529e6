// A program that a test talks to while it runs: its input is a pipe, its output comes line by line.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace llmtrace::testing_support {

class StartedProgram {
 public:
  using Variables = std::vector<std::pair<std::string, std::string>>;

  explicit StartedProgram(std::vector<std::string> command, const Variables& variables = {});
  ~StartedProgram();  // kills it
  StartedProgram(const StartedProgram&) = delete;
  StartedProgram& operator=(const StartedProgram&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return child_; }
  // Without its line break; nothing when the output has ended or none comes in time.
  [[nodiscard]] std::optional<std::string> read_line();
  void close_input();
  void send(int signal) const;
  [[nodiscard]] bool is_running();
  // The status of waitpid; -1 when it does not come in time.
  [[nodiscard]] int wait(int options = 0);

 private:
  pid_t child_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string pending_;
};

inline constexpr std::chrono::seconds patience{60};

}  // namespace llmtrace::testing_support
