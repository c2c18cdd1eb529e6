// Runs a program of this build to its end, with a few variables added to the environment.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace llmtrace::testing_support {

struct ProgramRun {
  int exit_code = -1;  // -1: it was killed, or never ran
  std::string output;
  std::string errors;
};

[[nodiscard]] ProgramRun run_program(
    const std::vector<std::string>& command,
    const std::vector<std::pair<std::string, std::string>>& environment = {});

}  // namespace llmtrace::testing_support
