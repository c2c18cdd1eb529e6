// The whole way of a span: made, encoded, sent to a sink in another process and acknowledged by it.
#pragma once

#include "figures.hpp"

#include <string>
#include <vector>

namespace llmtrace::bench {

// "{cpu_us,instructions,spans_per_s,bytes,rss_mb}"
[[nodiscard]] Figures measure_end_to_end();

// The role of the program that streams: a number of spans, and where they go ("off": tracing is disabled).
int stream(const std::vector<std::string>& arguments);

}  // namespace llmtrace::bench
