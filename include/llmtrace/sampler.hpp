// Which traces are kept. Rates and SampleRules decide when a trace begins, TailOptions when it has ended;
// either way a trace is kept or left out as a whole.
#pragma once

#include <llmtrace/setting.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

LLMTRACE_BEGIN_NAMESPACE

// Traces whose root matches are kept at this rate; the first rule that matches decides, before the general
// rate.
struct SampleRule {
  std::string name = "*";       // of the root span; `*` stands for any run of characters
  Setting<SpanKind> kind = {};  // of the root span; any when not set
  double rate = 1.0;            // share kept, 0 to 1
};

// Traces of which some span fits all that is said here are kept at this rate. Of several rules that fit, the
// first in the list decides.
struct TailRule {
  std::string name = "*";  // of the span
  Setting<SpanKind> kind = {};
  std::string attribute = {};  // a key of its attributes or metadata; any when empty …
  std::string value = "*";     // … and what it holds, as text
  double rate = 1.0;
};

// Decided on the worker when a trace ends, by what became of it. Until then its spans wait in a buffer, and
// it is not shown as running. On as soon as `rate` is below 1.
struct TailOptions {
  Setting<double> rate = {};       // TRACER_TAIL_RATE, 1: share kept of traces for which nothing speaks
  Setting<bool> keep_errors = {};  // TRACER_TAIL_KEEP_ERRORS, true: those in which a span failed
  Setting<std::chrono::milliseconds> slower_than = {};  // TRACER_TAIL_SLOWER_THAN_MS, none: kept
  Setting<double> dearer_than = {};  // TRACER_TAIL_DEARER_THAN_USD, none: kept, by the sum of its spans
  std::vector<TailRule> rules = {};  // before the rate; what is above comes before them
  Setting<std::chrono::milliseconds> decision_wait = {};  // TRACER_TAIL_DECISION_WAIT_MS, 30,000
  std::size_t buffer_bytes = 8u << 20;  // for each exporter; beyond it the oldest trace is decided early
};

LLMTRACE_END_NAMESPACE
