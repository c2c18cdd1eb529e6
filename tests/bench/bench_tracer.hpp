// The tracer as the measurements use it: nothing of it comes from the environment, and what it lost can be
// asked.
#pragma once

#include <llmtrace/tracer.hpp>

#include <string>

namespace llmtrace::bench {

// Delivers to `url`; with "off" instead, tracing is disabled.
[[nodiscard]] Options tracer_options(const std::string& url);

// Spans that were lost, for whatever reason but sampling.
[[nodiscard]] std::uint64_t lost_spans(const Stats& stats);

// Throws unless everything is acknowledged.
void drain(Tracer& tracer);

}  // namespace llmtrace::bench
