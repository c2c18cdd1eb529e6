#include "cli/command.hpp"
#include <llmtrace/version.hpp>

#include <fmt/core.h>

namespace llmtrace::cli {

int run_version(Arguments arguments) {
  if (!arguments.empty()) return refuse("version takes no arguments");
  fmt::print("llmtrace {}\n", LLMTRACE_VERSION_STRING);
  return success;
}

}  // namespace llmtrace::cli
