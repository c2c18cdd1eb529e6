// The machine and the compiler, in a line.
#pragma once

#include <string>

namespace llmtrace::bench {

[[nodiscard]] std::string machine_line();

}  // namespace llmtrace::bench
