// What the agent costs a program that it is loaded into: measured in pairs of processes, one with it and one
// without, which take turns so that a busy machine falls upon both.
#pragma once

#include "figures.hpp"

namespace llmtrace::bench {

[[nodiscard]] Figures measure_agent();

}  // namespace llmtrace::bench
