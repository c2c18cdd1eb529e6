// What the examples must record, as text: `trace`, a line for its header, and its spans below each other,
// indented by parentage and sorted.
#pragma once

#include <string>
#include <string_view>

namespace llmtrace::testing_support {

// Of the JSON lines that the file exporter wrote.
[[nodiscard]] std::string recorded_trees(std::string_view lines);

}  // namespace llmtrace::testing_support
