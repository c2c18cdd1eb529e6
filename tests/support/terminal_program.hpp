// A program in a terminal of its own: what it shows there, and keys that are pressed. Killed when it goes.
#pragma once

#include <chrono>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace llmtrace::testing_support {

class TerminalProgram {
 public:
  explicit TerminalProgram(const std::vector<std::string>& command,
                           const std::vector<std::pair<std::string, std::string>>& environment = {});
  ~TerminalProgram();
  TerminalProgram(const TerminalProgram&) = delete;
  TerminalProgram& operator=(const TerminalProgram&) = delete;

  // Reads until the text has been shown since the last call; false when the program ended or time is up.
  [[nodiscard]] bool shows(const std::string& text, std::chrono::seconds patience = std::chrono::seconds{60});
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }  // all of it
  void type(const std::string& keys) const;
  // The exit code, or 128 and the signal; -1 when it does not end.
  int wait(std::chrono::seconds patience = std::chrono::seconds{60});

 private:
  // False at the end of the terminal, or when time is up.
  [[nodiscard]] bool read_some(std::chrono::steady_clock::time_point deadline);

  int terminal_ = -1;
  pid_t child_ = -1;
  std::string shown_;
  std::size_t looked_at_ = 0;
};

}  // namespace llmtrace::testing_support
