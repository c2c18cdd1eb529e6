// Runs a program as if the shell had started it: signals and stops pass through in both directions, its
// descriptors, its terminal and its process group are what ours are.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace llmtrace::cli {

struct ChildEnd {
  int exit_code = 0;
  int signal = 0;       // that killed it, else 0
  int start_error = 0;  // errno, when it could not be started
};

// `prepare` runs in the child before the program. The program may be searched for in PATH.
[[nodiscard]] ChildEnd run_child(const std::vector<std::string>& command,
                                 const std::function<void()>& prepare);

// Ends this process as the child ended.
[[noreturn]] void die_of_signal(int signal);

}  // namespace llmtrace::cli
