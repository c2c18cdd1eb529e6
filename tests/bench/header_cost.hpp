// What a translation unit pays for the umbrella header.
#pragma once

#include "figures.hpp"

namespace llmtrace::bench {

// "{cpu_s,x_std,lines}": CPU seconds of the compiler, the ratio to five light standard headers, preprocessed
// lines.
[[nodiscard]] Figures measure_header();

}  // namespace llmtrace::bench
