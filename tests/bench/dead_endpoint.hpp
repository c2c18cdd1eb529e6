// Spans made as fast as a thread can, for a service that is not there: refused, or a black hole in which
// connects hang.
#pragma once

#include "figures.hpp"

#include <string>
#include <vector>

namespace llmtrace::bench {

// "{refused,blackhole}.{produced_per_s,started,dropped,accounted,rss_mb,exit_s}"
[[nodiscard]] Figures measure_dead_endpoints();

// The role of the program that suffers: where its spans go ("off": tracing is disabled).
int suffer(const std::vector<std::string>& arguments);

}  // namespace llmtrace::bench
