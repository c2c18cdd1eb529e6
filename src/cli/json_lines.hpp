// Reads a file as the `file` exporter and `llmtrace export` write it: a line is {"span":{…}} or
// {"trace":{…}}.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace llmtrace::cli {

enum class LineKind : unsigned char { trace, span, other };

struct ReadLines {
  std::size_t lines = 0;
  std::size_t skipped = 0;        // neither a span nor a trace
  std::size_t first_skipped = 0;  // its number, from 1
};

// Calls `take` with the object of each line. "-" is stdin. Throws Failure when the file cannot be read.
[[nodiscard]] ReadLines read_lines(const std::string& file,
                                   const std::function<void(LineKind, std::string_view item)>& take);

}  // namespace llmtrace::cli
