#include "cli/command.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace llmtrace::cli {
namespace {

int show_all() {
  std::size_t widest = 0;
  for (const Command& command : commands()) widest = std::max(widest, command.name.size());
  fmt::print(
      "llmtrace shows what the LLM calls of a program do.\n\nUsage: llmtrace <command> [arguments]\n\n");
  for (const Command& command : commands())
    fmt::print("  {:<{}}  {}\n", command.name, widest, command.summary);
  fmt::print("\nMore about one of them: llmtrace help <command>\n");
  return success;
}

}  // namespace

int show_help_of(const Command& command) {
  fmt::print("Usage: llmtrace {}{}{}\n\n{}\n", command.name, command.arguments.empty() ? "" : " ",
             command.arguments, command.summary);
  if (!command.details.empty()) fmt::print("\n{}\n", command.details);
  return success;
}

int run_help(Arguments arguments) {
  if (arguments.empty()) return show_all();
  if (arguments.size() > 1) return refuse("help takes the name of one command");
  const Command* command = find_command(arguments[0]);
  return command != nullptr ? show_help_of(*command) : refuse_unknown_command(arguments[0]);
}

}  // namespace llmtrace::cli
