// `llmtrace read`: what a span would record of recorded exchanges, one line of JSON for each.
#include "cli/command.hpp"
#include "cli/read_line.hpp"

#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::cli {
namespace {

struct ReadOptions {
  std::string_view file;
  std::size_t cut = std::numeric_limits<std::size_t>::max();
};

std::optional<std::size_t> parse_cut(std::string_view text) {
  std::size_t cut = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cut);
  if (error != std::errc{} || end != text.data() + text.size() || cut == 0) return std::nullopt;
  return cut;
}

// Nothing after it has said what was wrong.
std::optional<ReadOptions> parse(Arguments arguments) {
  ReadOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--cut" || argument.starts_with("--cut=")) {
      const bool apart = argument == "--cut";
      const std::string_view number = !apart                   ? argument.substr(6)
                                      : ++i < arguments.size() ? arguments[i]
                                                               : "";
      const auto cut = parse_cut(number);
      if (!cut) return refuse("--cut wants a number of bytes above 0"), std::nullopt;
      options.cut = *cut;
    } else if (argument.starts_with("--")) {
      return refuse("read has no option \"" + std::string{argument} + "\""), std::nullopt;
    } else if (!options.file.empty()) {
      return refuse("read takes one file"), std::nullopt;
    } else {
      options.file = argument;
    }
  }
  return options;
}

int read_lines(std::istream& lines, std::size_t cut) {
  LineReader reader{cut};
  std::string line;
  std::string answer;
  while (std::getline(lines, line)) {
    answer = reader.read(line);
    answer.push_back('\n');
    if (std::fwrite(answer.data(), 1, answer.size(), stdout) != answer.size()) return failure;
  }
  return success;
}

}  // namespace

int run_read(Arguments arguments) {
  const auto options = parse(arguments);
  if (!options) return usage_error;
  if (options->file.empty() || options->file == "-") {
    std::ios::sync_with_stdio(false);
    return read_lines(std::cin, options->cut);
  }
  std::ifstream file{std::string{options->file}, std::ios::binary};
  if (!file) {
    std::fprintf(stderr, "llmtrace: cannot read %s\n", std::string{options->file}.c_str());
    return failure;
  }
  return read_lines(file, options->cut);
}

}  // namespace llmtrace::cli
