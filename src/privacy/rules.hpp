// What one tracer hides, compiled once and shared by its exporters.
#pragma once

#include "privacy/literal_matcher.hpp"
#include <llmtrace/redact.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace llmtrace::privacy {

struct Rules {
  RedactMode mode = RedactMode::secrets;
  LiteralMatcher literals;
  RedactHook hook;
  mutable std::mutex hook_mutex;  // exporters have threads of their own, and a hook need not know

  [[nodiscard]] bool has_own() const noexcept { return !literals.empty() || hook != nullptr; }
};

// May throw std::bad_alloc.
[[nodiscard]] inline std::shared_ptr<const Rules> make_rules(const RedactOptions& options, RedactMode mode) {
  auto rules = std::make_shared<Rules>();
  rules->mode = mode;
  rules->literals = LiteralMatcher{options.literals};
  rules->hook = options.hook;
  return rules;
}

}  // namespace llmtrace::privacy
