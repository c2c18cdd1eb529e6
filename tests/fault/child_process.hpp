// Programs that a test starts, because what it injects would take the test itself with it: exits, forks,
// signals, libraries loaded in front of others.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace llmtrace::testing_support {

struct Ended {
  int exit_code = -1;  // -1: it did not exit by itself
  int signal = 0;
  bool timed_out = false;
  std::string output;
  std::string errors;
  std::int64_t ended_at = 0;  // CLOCK_MONOTONIC in nanoseconds

  [[nodiscard]] bool clean() const { return exit_code == 0; }
  // What it printed as `name=value`, the last time; -1 when it did not.
  [[nodiscard]] std::int64_t number(const std::string& name) const;
  // For messages.
  [[nodiscard]] std::string story() const;
};

using Variables = std::map<std::string, std::string>;

// Runs a program to its end, with these variables on top of the environment.
[[nodiscard]] Ended run_program(const std::vector<std::string>& arguments, const Variables& variables = {},
                                std::chrono::seconds limit = std::chrono::seconds{60});

// The program of scenarios in host/: run_host({"scenario", arguments…}).
[[nodiscard]] Ended run_host(std::vector<std::string> arguments, const Variables& variables = {},
                             std::chrono::seconds limit = std::chrono::seconds{60});

// The program that loads plugins, in the same way.
[[nodiscard]] Ended run_loader(std::vector<std::string> arguments);

// A file that lies beside the test program.
[[nodiscard]] std::string beside_this_program(const std::string& name);

// How often to repeat what must hold every time: LLMTRACE_LONG=1 asks for the thorough form.
[[nodiscard]] bool is_long_run();
[[nodiscard]] inline int times(int usually, int in_long_runs) {
  return is_long_run() ? in_long_runs : usually;
}

[[nodiscard]] std::int64_t monotonic_now();

}  // namespace llmtrace::testing_support
