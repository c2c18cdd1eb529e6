#include "privacy/record_redactor.hpp"
#include <llmtrace/redact.hpp>

LLMTRACE_BEGIN_NAMESPACE

std::string redact(Text text, RedactMode mode) {
  privacy::RecordRedactor redactor{privacy::make_rules({}, mode)};
  return std::string{redactor.apply_to_text(text)};
}

LLMTRACE_END_NAMESPACE
