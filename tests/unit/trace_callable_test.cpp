#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace llmtrace {
namespace {

using testing_support::Tracing;

TEST(TraceCallable, returns_what_the_callable_returns) {
  Tracing tracing;
  int number = 5;
  EXPECT_EQ(trace("value", [] { return 42; }), 42);
  EXPECT_EQ(trace("kind", SpanKind::llm, [](SpanRef span) { return span.set("k", 1).span_id(); }).size(),
            16U);
  static_assert(std::is_same_v<decltype(trace("r", [&]() -> int& { return number; })), int&>);
  EXPECT_EQ(&trace("reference", [&]() -> int& { return number; }), &number);
  static_assert(std::is_same_v<decltype(trace("c", [&]() -> const int& { return number; })), const int&>);
  const std::unique_ptr<int> moved = trace("move-only", [] { return std::make_unique<int>(7); });
  EXPECT_EQ(*moved, 7);
  static_assert(std::is_void_v<decltype(trace("v", [] {}))>);
  trace("nothing", [] {});
  auto moves = [kept = std::make_unique<int>(1)]() mutable { return std::move(kept); };
  EXPECT_NE(trace("mutable", moves), nullptr);
  EXPECT_EQ(tracing.span("kind").kind, SpanKind::llm);
  EXPECT_EQ(tracing.span("kind").attribute("k")->integer, 1);
  EXPECT_EQ(tracing.span("value").kind, SpanKind::function);
}

TEST(TraceCallable, is_current_while_it_runs) {
  Tracing tracing;
  trace("outer", [](SpanRef outer) {
    EXPECT_EQ(current_span().span_id(), outer.span_id());
    trace("inner", [] {});
  });
  EXPECT_EQ(tracing.span("inner").parent_span_id, tracing.span("outer").span_id);
}

struct Custom : std::runtime_error {
  using std::runtime_error::runtime_error;
  int code = 9;
};

TEST(TraceCallable, records_an_exception_and_lets_it_fly_on_unchanged) {
  Tracing tracing;
  try {
    trace("failing", SpanKind::llm, [] {
      Custom custom{"no tokens left"};
      custom.code = 429;
      throw custom;
    });
    FAIL();
  } catch (const Custom& custom) {
    EXPECT_EQ(custom.code, 429);
    EXPECT_STREQ(custom.what(), "no tokens left");
  }
  const SpanData span = tracing.span("failing");
  EXPECT_EQ(span.status, Status::error);
  EXPECT_EQ(span.error, "no tokens left");
  EXPECT_NE(span.error_type.find("Custom"), std::string::npos) << span.error_type;
  ASSERT_EQ(span.events.size(), 1U);
  EXPECT_EQ(span.events[0].name, "exception");
  EXPECT_EQ(tracing.trace("failing").state, TraceData::State::error);
}

TEST(TraceCallable, the_object_that_was_thrown_is_not_copied) {
  Tracing tracing;
  const auto thrown = std::make_shared<int>(1);
  try {
    trace("failing", [&] { throw thrown; });
  } catch (const std::shared_ptr<int>& caught) {
    EXPECT_EQ(caught, thrown);
  }
  EXPECT_EQ(tracing.span("failing").status, Status::error);
}

std::string error_of(const std::function<void()>& thrower) {
  Tracing tracing;
  EXPECT_ANY_THROW(trace("failing", thrower));
  const SpanData span = tracing.span("failing");
  return span.error_type + "|" + span.error;
}

TEST(TraceCallable, knows_what_programs_throw) {
  EXPECT_EQ(error_of([] { throw std::out_of_range{"index"}; }), "std::out_of_range|index");
  EXPECT_EQ(error_of([] { throw std::string{"text"}; }), "std::string|text");
  EXPECT_EQ(error_of([] { throw "literal"; }), "const char*|literal");
  EXPECT_EQ(error_of([] { throw 42; }), "int|int");
}

TEST(TraceCallable, follows_nested_exceptions) {
  const std::string error = error_of([] {
    try {
      try {
        throw std::runtime_error{"connection reset"};
      } catch (...) {
        std::throw_with_nested(std::runtime_error{"request failed"});
      }
    } catch (...) {
      std::throw_with_nested(std::logic_error{"answer failed"});
    }
  });
  EXPECT_EQ(error, "std::logic_error|answer failed: request failed: connection reset");
}

TEST(TraceCallable, nesting_without_end_is_cut) {
  const std::string error = error_of([] {
    std::exception_ptr inner = std::make_exception_ptr(std::runtime_error{"0"});
    for (int i = 1; i < 1000; ++i) {
      try {
        try {
          std::rethrow_exception(inner);
        } catch (...) {
          std::throw_with_nested(std::runtime_error{std::to_string(i)});
        }
      } catch (...) {
        inner = std::current_exception();
      }
    }
    std::rethrow_exception(inner);
  });
  EXPECT_EQ(error.find("std::runtime_error|999: 998"), 0U);
  EXPECT_LT(error.size(), 100U);
}

TEST(TraceCallable, exceptions_are_recorded_by_hand_too) {
  Tracing tracing;
  {
    Span span{"s"};
    span.record_exception(std::runtime_error{"first"});
    span.record_exception(std::make_exception_ptr(std::logic_error{"second"}));
    span.record_exception(std::exception_ptr{});
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.error, "second");
  EXPECT_EQ(span.error_type, "std::logic_error");
  EXPECT_EQ(span.events.size(), 2U);
  EXPECT_FALSE(span.left_by_exception);
}

TEST(TraceCallable, runs_the_callable_without_a_tracer) {
  EXPECT_EQ(trace("s", [](SpanRef span) { return span.recording() ? 1 : 2; }), 2);
  EXPECT_THROW(trace("s", [] { throw Custom{"x"}; }), Custom);
}

}  // namespace
}  // namespace llmtrace
