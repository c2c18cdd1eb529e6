// What a span may start with.
#pragma once

#include <llmtrace/llm.hpp>
#include <llmtrace/setting.hpp>
#include <llmtrace/value.hpp>

LLMTRACE_BEGIN_NAMESPACE

// What may be said of a span as it starts; all of it can also be set later.
struct SpanOptions {
  std::string model = {};
  std::string provider = {};
  std::string operation = {};
  std::string agent_type = {};
  OwnedValue input = {};
  Attributes attributes = {};
  Attributes metadata = {};
  Setting<bool> capture_inputs = {};   // as the tracer's options say
  Setting<bool> capture_outputs = {};  // the same
  Setting<bool> redact_pii = {};       // true: personal data is hidden; false: secrets alone
};

LLMTRACE_END_NAMESPACE
