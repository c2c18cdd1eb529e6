// What it costs to look for secrets and personal data: in prose, and in texts that are made to cost.
#pragma once

#include "figures.hpp"

namespace llmtrace::bench {

[[nodiscard]] Figures measure_redaction();

}  // namespace llmtrace::bench
