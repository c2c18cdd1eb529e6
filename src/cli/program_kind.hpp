// Whether the agent can be loaded into a program, found out without running it.
#pragma once

#include <optional>
#include <string>

namespace llmtrace::cli {

struct ProgramKind {
  bool traceable = true;
  std::string reason;  // why not, for people
};

// Where execvp() would find it; nothing when it would not.
[[nodiscard]] std::optional<std::string> find_program(const std::string& name);

// Of the file, and of the interpreters that its first line names. What cannot be read is left to the system.
[[nodiscard]] ProgramKind kind_of_program(const std::string& path);

}  // namespace llmtrace::cli
