// What Tracer::init() asks of the engine, which lies above the runtime and is not included by it.
#pragma once

#include <string>
#include <vector>

namespace llmtrace::runtime {

// Defined in instrument/.
void instrument_at_start(const std::vector<std::string>& names) noexcept;

}  // namespace llmtrace::runtime
