// What a span costs the thread that makes it. Spans are made in bursts, each case in turn with `ref`, and
// everything is delivered to a sink between two bursts: a journal that is full would be cheaper.
#pragma once

#include "figures.hpp"

#include <string>
#include <vector>

namespace llmtrace::bench {

// "<case>.{cpu_ns,x_ref,instructions,allocations}"
[[nodiscard]] Figures measure_producers();

// The role whose instructions are counted: a case, where its spans go, and "stepped" if step by step.
int run_case_once(const std::vector<std::string>& arguments);

}  // namespace llmtrace::bench
