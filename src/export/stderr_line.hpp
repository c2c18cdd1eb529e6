// A line for whoever reads stderr, from any thread of the host's or of ours.
#pragma once

#include <climits>
#include <cstddef>
#include <string_view>

namespace llmtrace::exporting {

// What a pipe either takes as a whole or not.
inline constexpr std::size_t longest_line = PIPE_BUF;

// In one write, so that lines of several threads and processes do not mix. Where nobody reads, or not fast
// enough, the line is lost: the host must be neither ended nor stopped by it.
void write_to_stderr(std::string_view line) noexcept;

}  // namespace llmtrace::exporting
