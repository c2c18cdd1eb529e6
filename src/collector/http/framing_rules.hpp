// What a request's headers must say before its body is read: everything about which two programs on the way
// could disagree is refused, so that nothing can be smuggled past one of them.
#pragma once

#include "collector/http/message.hpp"

#include <string_view>

namespace llmtrace::collector::http {

struct FramingProblem {
  int status = 0;  // 0: none
  std::string_view text;
};

// `version` is 10 or 11.
[[nodiscard]] FramingProblem framing_problem(const RequestHead& head, std::string_view target, int version);

[[nodiscard]] bool expects_continue(const RequestHead& head) noexcept;

}  // namespace llmtrace::collector::http
