// The commands of the executable `llmtrace`. Each has a file of its own, a declaration below and a line in
// the table of commands.cpp.
#pragma once

#include <span>
#include <string_view>

namespace llmtrace::cli {

using Arguments = std::span<const char* const>;

enum ExitCode : int { success = 0, failure = 1, usage_error = 2 };

struct Command {
  std::string_view name;
  std::string_view arguments;  // as help shows them
  std::string_view summary;    // one line
  std::string_view details;    // for `llmtrace help name`
  int (*run)(Arguments arguments);
};

[[nodiscard]] std::span<const Command> commands() noexcept;
[[nodiscard]] const Command* find_command(std::string_view name) noexcept;

// Says on stderr what was wrong and where to look. The exit code for it.
int refuse(std::string_view problem);
int refuse_unknown_command(std::string_view name);
// What follows `--` belongs to another program.
[[nodiscard]] bool asks_for_help(Arguments arguments) noexcept;

int show_help_of(const Command& command);
int run_help(Arguments arguments);
int run_read(Arguments arguments);
int run_run(Arguments arguments);
int run_version(Arguments arguments);

// With the collector.
int run_serve(Arguments arguments);
int run_tail(Arguments arguments);
int run_ls(Arguments arguments);
int run_show(Arguments arguments);
int run_stats(Arguments arguments);
int run_export(Arguments arguments);
int run_import(Arguments arguments);
int run_send_sample(Arguments arguments);
int run_doctor(Arguments arguments);

}  // namespace llmtrace::cli
