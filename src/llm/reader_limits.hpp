// What one exchange may cost in memory, whatever its bytes are.
#pragma once

#include <cstddef>

namespace llmtrace::llm {

struct ReaderLimits {
  std::size_t text = 1024 * 1024;      // of output_text, and of reasoning and the like
  std::size_t messages = 1024 * 1024;  // of input_messages, system_instructions, tools, parameters each
  std::size_t short_text = 1024;       // of a name, a model, an id
  std::size_t tool_calls = 256;
  std::size_t tail = 256 * 1024;             // kept of what follows a gap in a body that is one document
  std::size_t frame = 16 * 1024 * 1024;      // of a stream's binary frame
  std::size_t inflated = 256 * 1024 * 1024;  // bytes that a compressed body may grow to
};

}  // namespace llmtrace::llm
