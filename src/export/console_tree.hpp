// Draws the spans of a trace as a tree with aligned columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace llmtrace::exporting {

struct ConsoleStyle {
  bool color = false;
  bool unicode = true;
};

struct ConsoleNode {
  std::uint64_t span_id = 0;
  std::uint64_t parent_id = 0;
  std::int64_t start_ticks = 0;
  std::int64_t nanoseconds = 0;
  std::int64_t tokens_input = -1;  // -1: unknown
  std::int64_t tokens_output = -1;
  double cost_usd = -1;
  std::uint8_t kind = 0;
  bool is_root = false;
  bool failed = false;
  std::string name;
  std::string model;
  std::string error;
};

enum class ConsoleEnding : std::uint8_t { ended, incomplete, elsewhere };

struct ConsoleTrace {
  std::string name;  // of a trace whose root is not among the nodes
  ConsoleEnding ending = ConsoleEnding::ended;
  std::vector<ConsoleNode> nodes;
};

// Sorts the nodes. Every node is drawn once, whatever parents they name. May throw bad_alloc.
[[nodiscard]] std::string draw_trace(ConsoleTrace& trace, const ConsoleStyle& style);

}  // namespace llmtrace::exporting
