#define LLMTRACE_DISABLED
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <memory>
#include <string>
#include <utility>

namespace llmtrace {
namespace {

int evaluated = 0;

int traced_once(int value) {
  TRACE_FUNCTION(++evaluated);
  TRACE_FUNCTION_AS("name", SpanKind::tool, ++evaluated);
  TRACE_SCOPE("scope");
  return TRACE_RETURN(value);
}

std::unique_ptr<int> move_only() {
  auto made = std::make_unique<int>(3);
  return TRACE_RETURN(std::move(made));
}

TEST(DisabledMacros, open_no_span_and_evaluate_nothing_but_the_result) {
  testing_support::Tracing tracing;
  EXPECT_EQ(traced_once(5), 5);
  EXPECT_EQ(*move_only(), 3);
  EXPECT_EQ(evaluated, 0);
  EXPECT_TRUE(tracing.spans().empty());
}

TEST(DisabledMacros, leave_guards_alone) {
  testing_support::Tracing tracing;
  { Span span{"s"}; }
  EXPECT_EQ(tracing.spans().size(), 1U);
}

}  // namespace
}  // namespace llmtrace
