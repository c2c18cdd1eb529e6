// Another process: this program in one of its roles, a compiler or valgrind. Its standard input and output
// are pipes.
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace llmtrace::bench {

struct Finished {
  int status = 0;          // as of waitpid
  double cpu_seconds = 0;  // user and system, with its own children
  std::string output;      // what was not read before
};

class ChildProcess {
 public:
  using Command = std::vector<std::string>;

  explicit ChildProcess(const Command& command);  // throws std::system_error
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  // Up to the next end of line; throws when the process ends before.
  [[nodiscard]] std::string read_line();
  void close_input() noexcept;
  [[nodiscard]] Finished wait();

 private:
  [[nodiscard]] bool read_more();

  pid_t process_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string unread_;
};

// This program in a role: {path, "--as", role, arguments…}.
[[nodiscard]] ChildProcess::Command self_as(std::string_view role, const std::vector<std::string>& arguments);

// Runs a command to its end; throws std::runtime_error when it fails.
Finished run(const ChildProcess::Command& command);

}  // namespace llmtrace::bench
