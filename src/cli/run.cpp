// Runs a program that nobody changed with the agent in it. Nothing of ours is written to its stdout, and to
// stderr only before it begins and after it has ended.
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/program_kind.hpp"
#include "cli/run_book_file.hpp"
#include "cli/run_child.hpp"
#include "cli/run_environment.hpp"
#include "cli/run_summary.hpp"
#include "instrument/run_book.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace llmtrace::cli {
namespace {

constexpr int cannot_execute = 126;  // as shells answer it
constexpr int not_found = 127;

struct Invocation {
  Arguments options;
  std::vector<std::string> command;
};

Invocation split(Arguments arguments) {
  const auto dashes = std::find_if(arguments.begin(), arguments.end(),
                                   [](std::string_view argument) { return argument == "--"; });
  const auto count = static_cast<std::size_t>(dashes - arguments.begin());
  Invocation invocation{arguments.first(count), {}};
  if (dashes != arguments.end()) invocation.command.assign(dashes + 1, arguments.end());
  if (invocation.command.empty()) throw UsageError{"write -- and then the program: llmtrace run -- ./app"};
  return invocation;
}

ProgramKind kind_of(const std::string& program) {
  const auto path = find_program(program);
  return path ? kind_of_program(*path) : ProgramKind{};
}

void write_json(const std::string& file, const std::string& json) {
  std::FILE* out = std::fopen(file.c_str(), "we");
  const bool opened = out != nullptr;
  const bool written = opened && std::fwrite(json.data(), 1, json.size(), out) == json.size();
  const bool closed = opened && std::fclose(out) == 0;
  if (!written || !closed) fmt::print(stderr, "llmtrace: cannot write {}\n", file);
}

int exit_as(const ChildEnd& end, const std::string& program) {
  if (end.start_error != 0) {
    fmt::print(stderr, "llmtrace: cannot run {}: {}\n", program, std::strerror(end.start_error));
    return end.start_error == ENOENT ? not_found : cannot_execute;
  }
  if (end.signal != 0) die_of_signal(end.signal);
  return end.exit_code;
}

class Run {
 public:
  Run(const Options& options, std::vector<std::string> command)
      : options_{options}, command_{std::move(command)}, environment_{options} {}

  int run() {
    const ProgramKind kind = kind_of(command_[0]);
    if (!kind.traceable) {
      report_.untraced_reason = kind.reason;
      if (!is_quiet()) fmt::print(stderr, "llmtrace: not traced: {}\n", kind.reason);
    } else {
      environment_.set("LD_PRELOAD", preloaded(find_agent(options_)));
      environment_.set(instrument::run_book_variable, book_.path());
    }
    run_timed(kind.traceable);
    if (report_.end.start_error == 0) tell();
    return exit_as(report_.end, command_[0]);
  }

 private:
  [[nodiscard]] bool is_quiet() const { return options_.has("--quiet"); }

  void run_timed(bool traced) {
    using Clock = std::chrono::steady_clock;
    const auto began = Clock::now();
    report_.end = run_child(command_, [&] {
      if (traced) environment_.apply();
    });
    report_.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  }

  void tell() {
    report_.facts = book_.read();
    report_.destination = environment_.destination();
    report_.exporters = environment_.exporter_count();
    if (!is_quiet()) fmt::print(stderr, "{}", summary_text(report_));
    if (const auto file = options_.value("--json")) write_json(*file, summary_json(report_));
  }

  const Options& options_;
  std::vector<std::string> command_;
  RunEnvironment environment_;
  RunBookFile book_;
  RunReport report_;
};

}  // namespace

int run_run(Arguments arguments) {
  const Invocation invocation = split(arguments);
  const Options options{invocation.options,
                        {{"--url"},
                         {"--project"},
                         {"--exporter"},
                         {"--file"},
                         {"--redact"},
                         {"--sample-rate"},
                         {"--environment"},
                         {"--release"},
                         {"--providers"},
                         {"--methods"},
                         {"--exclude"},
                         {"--propagate-to"},
                         {"--no-inputs", false},
                         {"--no-outputs", false},
                         {"--print", false},
                         {"--quiet", false},
                         {"--json"},
                         {"--agent"}},
                        0};
  Run run{options, invocation.command};
  return run.run();
}

}  // namespace llmtrace::cli
