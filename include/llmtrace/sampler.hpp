// Which traces are kept. The decision is made once, when a trace begins, and holds for all of it.
#pragma once

#include <llmtrace/fwd.hpp>

#include <optional>
#include <string>

LLMTRACE_BEGIN_NAMESPACE

// Traces whose root matches are kept at this rate; the first rule that matches decides, before the general
// rate.
struct SampleRule {
  std::string name = "*";                       // of the root span; `*` stands for any run of characters
  std::optional<SpanKind> kind = std::nullopt;  // of the root span; any when not set
  double rate = 1.0;                            // share kept, 0 to 1
};

LLMTRACE_END_NAMESPACE
