#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <optional>
#include <type_traits>
#include <vector>

namespace llmtrace {
namespace {

using testing_support::Tracing;

static_assert(std::is_nothrow_move_constructible_v<ManualSpan>);
static_assert(!std::is_copy_constructible_v<ManualSpan>);
static_assert(!std::is_move_assignable_v<ManualSpan>, "assigning would end a span silently");

TEST(ManualSpan, may_start_with_options_and_no_kind) {
  Tracing tracing;
  SpanOptions options;
  options.operation = "fetch";
  {
    const Span around{"around"};
    start_span("here", options).end();
    start_span(around, "below", options).end();
    start_span(Tracer::get(), "of a tracer", SpanKind::tool, options).end();
    const Span guard{Tracer::get(), "guard of a tracer", SpanKind::tool, options};
  }
  for (const char* name : {"here", "below", "of a tracer", "guard of a tracer"}) {
    EXPECT_EQ(tracing.span(name).operation, "fetch") << name;
    EXPECT_EQ(tracing.span(name).parent_span_id, tracing.span("around").span_id) << name;
  }
}

TEST(ManualSpans, are_never_current_by_themselves) {
  Tracing tracing;
  ManualSpan span = start_span("m", SpanKind::tool);
  EXPECT_TRUE(span.recording());
  EXPECT_FALSE(current_span());
  { Span other{"other"}; }
  EXPECT_NE(tracing.span("other").trace_id, span.trace_id_value());
}

TEST(ManualSpans, end_with_their_last_owner) {
  Tracing tracing;
  std::vector<ManualSpan> spans;
  for (int i = 0; i < 100; ++i) spans.push_back(start_span("m"));
  EXPECT_EQ(tracing.stats().open, 100U);
  spans.clear();
  EXPECT_EQ(tracing.stats().open, 0U);
  EXPECT_EQ(tracing.spans().size(), 100U);
}

TEST(ManualSpans, move_and_leave_nothing_behind) {
  Tracing tracing;
  ManualSpan first = start_span("m");
  ManualSpan second{std::move(first)};
  first.set("stray", 1).set_error("stray");
  first.end();
  EXPECT_FALSE(first.recording());
  EXPECT_FALSE(first.context().valid());
  EXPECT_TRUE(second.recording());
  second.set("k", 1);
  second.end();
  const SpanData span = tracing.span("m");
  EXPECT_EQ(span.attributes.size(), 1U);
  EXPECT_EQ(span.status, Status::ok);
  EXPECT_EQ(tracing.stats().ended_twice, 0U);
}

TEST(ManualSpans, a_second_end_is_counted_and_changes_nothing) {
  Tracing tracing;
  ManualSpan span = start_span("m");
  span.end();
  tracing.clock().advance(std::chrono::seconds{1});
  span.set("late", 1);
  span.end();
  finish_span(span);
  EXPECT_EQ(tracing.spans().size(), 1U);
  EXPECT_EQ(tracing.span("m").duration, std::chrono::nanoseconds{0});
  EXPECT_EQ(tracing.stats().ended_twice, 2U);
  EXPECT_EQ(tracing.stats().ended, 1U);
}

TEST(ManualSpans, become_current_for_a_scope) {
  Tracing tracing;
  ManualSpan span = start_span("m");
  {
    const ContextScope active = span.enter();
    EXPECT_EQ(current_span().span_id(), span.span_id());
    current_span().set("through the view", true);
    { Span child{"child"}; }
  }
  EXPECT_FALSE(current_span());
  span.end();
  EXPECT_EQ(tracing.span("child").parent_span_id, tracing.span("m").span_id);
  EXPECT_TRUE(tracing.span("m").attribute("through the view")->boolean);
}

TEST(ManualSpans, may_end_while_they_are_current) {
  Tracing tracing;
  ManualSpan span = start_span("m");
  const ContextScope active = span.enter();
  span.end();
  EXPECT_FALSE(current_span().recording());
  { Span child{"child"}; }
  EXPECT_EQ(tracing.span("child").trace_id, tracing.span("m").trace_id);
}

TEST(ManualSpans, take_options) {
  Tracing tracing;
  {
    SpanOptions options;
    options.model = "m";
    options.input = {{"q", 1}};
    options.attributes = {{"a", 1}};
    ManualSpan span = start_span("with options", SpanKind::llm, options);
    ManualSpan child = span.child("child", SpanKind::tool, options);
    ManualSpan below = start_span(span, "below", SpanKind::tool, options);
  }
  for (const char* name : {"with options", "child", "below"}) {
    EXPECT_EQ(tracing.span(name).model, "m");
    EXPECT_EQ(tracing.span(name).input.text, R"({"q":1})");
    EXPECT_EQ(tracing.span(name).attribute("a")->integer, 1);
  }
}

TEST(ManualSpans, live_in_containers_of_optionals) {
  Tracing tracing;
  std::vector<std::optional<ManualSpan>> spans(3);
  spans[1].emplace(start_span("m"));
  spans[1].reset();
  EXPECT_EQ(tracing.spans().size(), 1U);
}

}  // namespace
}  // namespace llmtrace
