// Prints a trace as /api/v1 answers it: the tree that the console exporter draws, and what went in and out.
#pragma once

#include "cli/json_view.hpp"
#include "cli/terminal.hpp"

#include <string>

namespace llmtrace::cli {

// `answer` is that of GET /api/v1/traces/{id}.
[[nodiscard]] std::string trace_tree(JsonView answer, const Terminal& terminal);
// Of an answer with ?detail=full: input, output, error of each span, in the order of their starts.
[[nodiscard]] std::string trace_io(JsonView answer, const Terminal& terminal);

}  // namespace llmtrace::cli
