#include "cli/closest.hpp"
#include "cli/command.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

namespace llmtrace::cli {
namespace {

constexpr Command table[] = {
    {"help", "[command]", "show the commands, or what one of them does", "", &run_help},
    {"read", "[FILE] [--cut N]", "show what a span would record of recorded exchanges",
     "FILE, or standard input, holds one JSON object a line: url, req, resp (or resp_b64), status, stream, "
     "ctype.\n"
     "Each line is answered by one line; what cannot be read has an \"error\".\n\n"
     "  --cut N   hand the bodies over in pieces of N bytes, as a network would\n\n"
     "TRACER_PRICES names a file of prices that is merged over the built-in ones.",
     &run_read},
    {"version", "", "show the version of this program", "The library has the same version.", &run_version},
};

}  // namespace

std::span<const Command> commands() noexcept { return table; }

const Command* find_command(std::string_view name) noexcept {
  const auto* found =
      std::find_if(std::begin(table), std::end(table), [&](auto& known) { return known.name == name; });
  return found != std::end(table) ? found : nullptr;
}

int refuse(std::string_view problem) {
  fmt::print(stderr, "llmtrace: {}\nSee: llmtrace help\n", problem);
  return usage_error;
}

int refuse_unknown_command(std::string_view name) {
  const std::string_view meant = closest(name, table);
  if (meant.empty()) return refuse(fmt::format("there is no command \"{}\"", name));
  return refuse(fmt::format("there is no command \"{}\"; did you mean \"{}\"?", name, meant));
}

bool asks_for_help(Arguments arguments) noexcept {
  return std::any_of(arguments.begin(), arguments.end(),
                     [](std::string_view argument) { return argument == "--help" || argument == "-h"; });
}

}  // namespace llmtrace::cli
