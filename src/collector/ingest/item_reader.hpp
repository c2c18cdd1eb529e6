// Makes an update of one item of a batch. What is wrong with an item is said in one line that begins with the
// field's name.
#pragma once

#include "collector/ingest/field_reader.hpp"
#include "collector/store/batch.hpp"

#include <string>
#include <string_view>

namespace llmtrace::collector::ingest {

// Deeper than what the SDK writes; a reader that recurses must not be led further.
inline constexpr int deepest_item = 64;

// Empty: good. The views of `out` point into the item and the arena. An empty project takes the items of any.
[[nodiscard]] std::string read_span(std::string_view item, std::string_view project, TextArena& arena,
                                    SpanUpdate& out);
[[nodiscard]] std::string read_trace(std::string_view item, std::string_view project, TextArena& arena,
                                     TraceUpdate& out);

}  // namespace llmtrace::collector::ingest
