#include "cli/json_lines.hpp"

#include "cli/json_view.hpp"
#include "cli/options.hpp"

#include <cstring>
#include <fstream>
#include <iostream>

namespace llmtrace::cli {
namespace {

ReadLines read_from(std::istream& in, const std::function<void(LineKind, std::string_view item)>& take) {
  ReadLines read;
  for (std::string line; std::getline(in, line);) {
    ++read.lines;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const JsonView view = is_json(line) ? JsonView{line} : JsonView{};
    if (const JsonView span = view["span"]; span.exists()) {
      take(LineKind::span, span.json());
    } else if (const JsonView trace = view["trace"]; trace.exists()) {
      take(LineKind::trace, trace.json());
    } else if (read.skipped++ == 0) {
      read.first_skipped = read.lines;
    }
  }
  return read;
}

}  // namespace

ReadLines read_lines(const std::string& file,
                     const std::function<void(LineKind, std::string_view item)>& take) {
  if (file == "-") return read_from(std::cin, take);
  std::ifstream in{file, std::ios::binary};
  if (!in) throw Failure{"cannot read " + file + ": " + std::strerror(errno)};
  ReadLines read = read_from(in, take);
  if (in.bad()) throw Failure{"cannot read " + file + " to its end"};
  return read;
}

}  // namespace llmtrace::cli
