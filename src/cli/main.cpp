// The executable `llmtrace`. Exit codes: 0 done, 1 failed, 2 called in a way that makes no sense.
#include "cli/command.hpp"
#include "cli/options.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <exception>

namespace {

using namespace llmtrace::cli;

int run(Arguments arguments) {
  if (arguments.empty()) return refuse("which command?");
  const std::string_view name = arguments[0];
  if (name == "--help" || name == "-h") return run_help({});
  if (name == "--version") return run_version({});
  const Command* command = find_command(name);
  if (command == nullptr) return refuse_unknown_command(name);
  const Arguments rest = arguments.subspan(1);
  if (asks_for_help(rest)) return show_help_of(*command);
  try {
    return command->run(rest);
  } catch (const UsageError& error) {
    fmt::print(stderr, "llmtrace: {}\nSee: llmtrace help {}\n", error.what(), command->name);
    return usage_error;
  }
}

// What was printed and never arrived, as on a full disk, is a failure too.
int with_output_written(int code) {
  if (std::fflush(stdout) == 0) return code;
  fmt::print(stderr, "llmtrace: cannot write the output\n");
  return code == success ? int{failure} : code;
}

}  // namespace

int main(int count, char** values) try {
  const Arguments arguments{values, static_cast<std::size_t>(count)};
  return with_output_written(run(arguments.subspan(arguments.empty() ? 0 : 1)));
} catch (const std::exception& error) {
  std::fprintf(stderr, "llmtrace: %s\n", error.what());
  return failure;
}
