// What the collector needs to store spans, and how long it takes to answer with a million of them stored.
#pragma once

#include "figures.hpp"

namespace llmtrace::bench {

// LLMTRACE_BENCH_SPANS: another number than a million.
[[nodiscard]] Figures measure_collector();

}  // namespace llmtrace::bench
