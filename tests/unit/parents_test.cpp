#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace llmtrace {
namespace {

using testing_support::Tracing;

struct Family {
  Tracing tracing;
  std::optional<TraceScope> trace{std::in_place, "parent"};

  void expect_child(const std::string& name) {
    const SpanData child = tracing.span(name);
    EXPECT_EQ(to_hex(child.parent_span_id), trace->span_id());
    EXPECT_EQ(to_hex(child.trace_id), trace->trace_id());
    EXPECT_FALSE(child.orphan);
  }
};

TEST(Parents, of_every_type_on_another_thread) {
  Family family;
  const TraceScope& trace = *family.trace;
  const SpanRef ref = trace.ref();
  const SpanContext context = trace.context();
  const std::pair<TraceId, SpanId> ids{context.trace_id(), context.span_id()};
  std::thread{[&] {
    { Span span{trace, "of a trace scope"}; }
    { Span span{ref, "of a view"}; }
    { Span span{context, "of a context"}; }
    { Span span{ids, "of a pair of ids"}; }
    { Span span{ParentRef{ids.first, ids.second}, "of two ids", SpanKind::tool}; }
    { Span span = trace.span("by the parent", SpanKind::tool); }
    { ManualSpan span = trace.child("manual by the parent"); }
    { ManualSpan span = start_span(trace, "manual"); }
    { TraceScope inner{ref, "a trace scope below"}; }
  }}.join();
  for (const char* name : {"of a trace scope", "of a view", "of a context", "of a pair of ids", "of two ids",
                           "by the parent", "manual by the parent", "manual", "a trace scope below"})
    family.expect_child(name);
}

TEST(Parents, may_be_spans_and_manual_spans) {
  Tracing tracing;
  {
    Span span{"span"};
    ManualSpan manual = start_span("manual");
    Span below_span{span, "below span"};
    Span below_manual{manual, "below manual"};
    ManualSpan manual_below = manual.child("manual below manual", SpanKind::tool);
    EXPECT_EQ(current_span().span_id(), below_manual.span_id());
  }
  EXPECT_EQ(tracing.span("manual").parent_span_id, tracing.span("span").span_id);
  EXPECT_EQ(tracing.span("below span").parent_span_id, tracing.span("span").span_id);
  EXPECT_EQ(tracing.span("below manual").parent_span_id, tracing.span("manual").span_id);
  EXPECT_EQ(tracing.span("manual below manual").parent_span_id, tracing.span("manual").span_id);
}

TEST(Parents, a_named_parent_beats_what_is_current) {
  Family family;
  {
    Span current{"current"};
    Span child{*family.trace, "child"};
    { Span grandchild{"grandchild"}; }
  }
  family.expect_child("child");
  EXPECT_EQ(family.tracing.span("grandchild").parent_span_id, family.tracing.span("child").span_id);
}

TEST(Parents, that_ended_make_orphans_which_are_kept_and_marked) {
  Family family;
  const SpanRef view = family.trace->ref();
  family.trace->end();
  { Span span{*family.trace, "below a guard"}; }
  { Span span{view, "below a view"}; }
  { ManualSpan span = start_span(view, "manual"); }
  for (const char* name : {"below a guard", "below a view", "manual"}) {
    const SpanData orphan = family.tracing.span(name);
    EXPECT_TRUE(orphan.orphan) << name;
    EXPECT_EQ(to_hex(orphan.parent_span_id), family.trace->span_id());
    EXPECT_EQ(to_hex(orphan.trace_id), family.trace->trace_id());
    EXPECT_TRUE(orphan.attribute("llmtrace.orphan")->boolean);
  }
  EXPECT_EQ(family.tracing.stats().orphans, 3U);
}

TEST(Parents, a_manual_parent_that_ended_makes_orphans_too) {
  Tracing tracing;
  ManualSpan parent = start_span("parent");
  parent.end();
  { ManualSpan child = parent.child("child"); }
  EXPECT_TRUE(tracing.span("child").orphan);
  EXPECT_EQ(tracing.span("child").trace_id, tracing.span("parent").trace_id);
}

TEST(Parents, a_trace_without_a_span_is_no_parent) {
  Tracing tracing;
  {
    const SpanContext half{TraceId{1, 2}, SpanId{0}, true};
    EXPECT_FALSE(half.valid());
    Span span{half, "below half a context"};
    EXPECT_NE(span.trace_id(), to_hex(TraceId{1, 2}));
  }
  EXPECT_EQ(tracing.traces().size(), 1U) << "a trace of its own, with its header";
}

TEST(Parents, that_are_nothing_start_a_trace) {
  Tracing tracing;
  { Span span{SpanContext{}, "below no context"}; }
  { Span span{SpanRef{}, "below no view"}; }
  { Span span{ParentRef{TraceId{}, SpanId{}}, "below zero ids"}; }
  { Span span{ManualSpan{}, "below no span"}; }
  for (const SpanData& span : tracing.spans()) {
    EXPECT_FALSE(span.parent_span_id.valid()) << span.name;
    EXPECT_FALSE(span.orphan);
    EXPECT_TRUE(span.trace_id.valid());
    EXPECT_EQ(tracing.trace(span.name).state, TraceData::State::ok);
  }
  EXPECT_EQ(tracing.spans().size(), 4U);
}

// A child used to go to the default tracer when its parent, of another one, had ended.
TEST(Parents, an_orphan_belongs_to_its_parents_tracer) {
  Tracing tracing;
  const auto memory = std::make_shared<MemoryExporter>();
  Tracer other{test_options(memory)};
  {
    TraceScope parent{other, "parent"};
    parent.end();
    { Span child{parent, "child"}; }
    { ManualSpan manual = parent.child("manual child"); }
  }
  EXPECT_TRUE(other.flush());
  EXPECT_EQ(memory->spans().size(), 3U);
  EXPECT_TRUE(memory->span("child").value_or(SpanData{}).orphan);
  EXPECT_EQ(tracing.stats().started, 0U);
  EXPECT_TRUE(other.close());
  EXPECT_TRUE(testing_support::balanced(other.stats()));
}

// Another project's trace does not go on in the default one's.
TEST(Parents, of_a_closed_tracer_that_was_not_the_default_get_no_children) {
  Tracing tracing;
  SpanContext kept;
  const auto memory = std::make_shared<MemoryExporter>();
  Tracer other{test_options(memory)};
  {
    TraceScope parent{other, "parent"};
    kept = SpanContext::current();
  }
  EXPECT_TRUE(other.close());
  { Span child{kept, "child"}; }
  { ManualSpan manual = start_span(kept, "manual child"); }
  EXPECT_EQ(tracing.stats().started, 0U);
  EXPECT_TRUE(tracing.spans().empty());
}

}  // namespace
}  // namespace llmtrace
