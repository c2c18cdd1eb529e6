// Text that came from elsewhere, made fit for a terminal: no control characters and no escape sequences, one
// line, cut to a number of columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace llmtrace::exporting {

struct TerminalText {
  std::string text;
  std::size_t columns = 0;
};

// Without `unicode`, what is not ASCII becomes '?'. May throw bad_alloc.
[[nodiscard]] TerminalText for_terminal(std::string_view text, std::size_t most_columns, bool unicode);

}  // namespace llmtrace::exporting
