// What a span may start with.
#pragma once

#include <llmtrace/llm.hpp>
#include <llmtrace/value.hpp>

#include <optional>

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
  std::optional<bool> capture_inputs = {};   // as the tracer's options say
  std::optional<bool> capture_outputs = {};  // the same
  std::optional<bool> redact_pii = {};       // true: personal data is hidden; false: secrets alone
};

LLMTRACE_END_NAMESPACE
