#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/span_map.hpp>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace llmtrace {
namespace {

using testing_support::Tracing;

MapSpanOptions below(std::string parent, std::string id = {}) {
  MapSpanOptions options;
  options.parent_id = std::move(parent);
  options.id = std::move(id);
  return options;
}

TEST(SpanMap, spans_begin_and_end_by_id) {
  Tracing tracing;
  SpanMap map;
  MapTraceOptions of_trace;
  of_trace.trace.user_id = "u";
  const std::string trace = map.create_trace("request", of_trace);
  MapSpanOptions of_span;
  of_span.span.model = "m";
  const std::string outer = map.create_span(trace, "outer", SpanKind::agent, of_span);
  const std::string inner = map.create_span(trace, "inner", SpanKind::llm, below(outer));
  EXPECT_EQ(trace.size(), 32U);
  EXPECT_EQ(outer.size(), 16U);
  EXPECT_EQ(map.size(), 3U);
  EXPECT_FALSE(current_span()) << "nothing of it is current";
  tracing.clock().advance(std::chrono::milliseconds{5});
  Completion completion;
  completion.output = "answer";
  completion.usage.output = 9;
  completion.cost_usd = 0.5;
  completion.metadata = {{"status", 200}};
  EXPECT_TRUE(map.complete_span(inner, completion));
  EXPECT_TRUE(map.complete_span(outer));
  EXPECT_TRUE(map.complete_trace(trace, completion));
  EXPECT_EQ(map.size(), 0U);
  const SpanData done = tracing.span("inner");
  EXPECT_EQ(done.parent_span_id, tracing.span("outer").span_id);
  EXPECT_EQ(done.output.text, "answer");
  EXPECT_EQ(done.tokens("output"), 9);
  EXPECT_EQ(done.cost_usd, 0.5);
  EXPECT_EQ(done.metadata_field("status")->integer, 200);
  EXPECT_EQ(done.duration, std::chrono::milliseconds{5});
  EXPECT_EQ(tracing.span("outer").model, "m");
  EXPECT_EQ(tracing.span("outer").parent_span_id, tracing.span("request").span_id);
  EXPECT_EQ(tracing.trace("request").user_id, "u");
  EXPECT_EQ(tracing.trace("request").output.text, "answer");
}

TEST(SpanMap, takes_the_callers_own_ids) {
  Tracing tracing;
  SpanMap map;
  MapTraceOptions options;
  options.id = "order-7";
  EXPECT_EQ(map.create_trace("order", options), "order-7");
  EXPECT_EQ(map.create_span("order-7", "pay", SpanKind::tool, below({}, "pay-1")), "pay-1");
  EXPECT_EQ(map.create_span("order-7", "log", SpanKind::tool, below("pay-1", "log-1")), "log-1");
  EXPECT_TRUE(map.complete_span("log-1"));
  EXPECT_TRUE(map.complete_span("pay-1"));
  EXPECT_TRUE(map.complete_trace("order-7"));
  EXPECT_EQ(tracing.span("log").parent_span_id, tracing.span("pay").span_id);
}

TEST(SpanMap, an_error_of_a_completion_is_the_spans) {
  Tracing tracing;
  SpanMap map;
  const std::string trace = map.create_trace("t");
  const std::string span = map.create_span(trace, "s");
  Completion failed;
  failed.error = "declined";
  map.complete_span(span, failed);
  map.complete_trace(trace, failed);
  EXPECT_EQ(tracing.span("s").error, "declined");
  EXPECT_EQ(tracing.span("s").status, Status::error);
  EXPECT_EQ(tracing.trace("t").state, TraceData::State::error);
}

TEST(SpanMap, unknown_ids_are_counted_and_otherwise_ignored) {
  Tracing tracing;
  SpanMap map;
  EXPECT_FALSE(map.complete_span("nobody"));
  EXPECT_FALSE(map.complete_trace("nobody"));
  EXPECT_EQ(map.create_span("nobody", "s"), "");
  EXPECT_EQ(tracing.stats().unknown_ids, 3U);
  EXPECT_FALSE(map.complete_span(""));
  EXPECT_FALSE(map.complete_trace(""));
  EXPECT_EQ(tracing.stats().unknown_ids, 3U) << "an empty id is nobody's";
  EXPECT_EQ(tracing.stats().started, 0U);
}

TEST(SpanMap, a_second_completion_finds_nothing) {
  Tracing tracing;
  SpanMap map;
  const std::string trace = map.create_trace("t");
  EXPECT_TRUE(map.complete_trace(trace));
  EXPECT_FALSE(map.complete_trace(trace));
  EXPECT_EQ(tracing.spans().size(), 1U);
}

TEST(SpanMap, a_parent_that_is_unknown_or_of_another_trace_makes_an_orphan) {
  Tracing tracing;
  SpanMap map;
  const std::string trace = map.create_trace("t");
  const std::string other = map.create_trace("other");
  const std::string elsewhere = map.create_span(other, "elsewhere");
  map.complete_span(map.create_span(trace, "below elsewhere", SpanKind::tool, below(elsewhere)));
  map.complete_span(map.create_span(trace, "below nobody", SpanKind::tool, below("nobody")));
  for (const char* name : {"below elsewhere", "below nobody"}) {
    EXPECT_TRUE(tracing.span(name).orphan) << name;
    EXPECT_EQ(to_hex(tracing.span(name).trace_id), trace);
  }
  EXPECT_EQ(tracing.stats().orphans, 2U);
  EXPECT_EQ(tracing.stats().unknown_ids, 1U);
}

TEST(SpanMap, completing_a_trace_completes_what_is_open_below_it) {
  Tracing tracing;
  SpanMap map;
  const std::string trace = map.create_trace("t");
  const std::string span = map.create_span(trace, "s");
  map.create_span(trace, "inner", SpanKind::tool, below(span));
  EXPECT_TRUE(map.complete_trace(trace));
  EXPECT_EQ(map.size(), 0U);
  EXPECT_EQ(tracing.span("s").error, "its trace was completed");
  EXPECT_EQ(tracing.span("inner").status, Status::error);
  EXPECT_EQ(tracing.span("t").status, Status::ok);
}

TEST(SpanMap, entries_that_are_never_completed_are_capped) {
  Tracing tracing;
  SpanMap map{10};
  const std::string trace = map.create_trace("t");
  for (int i = 0; i < 100; ++i) map.create_span(trace, "s");
  EXPECT_LE(map.size(), 10U);
  tracing.flush();
  EXPECT_LE(tracing.stats().open, 10U);
  EXPECT_EQ(tracing.span("t").error, "never completed");
}

TEST(SpanMap, what_is_left_when_it_goes_was_never_completed) {
  Tracing tracing;
  {
    SpanMap map;
    map.create_span(map.create_trace("t"), "s");
  }
  EXPECT_EQ(tracing.span("s").error, "never completed");
  EXPECT_EQ(tracing.trace("t").state, TraceData::State::error);
}

TEST(SpanMap, an_id_used_again_takes_the_place_of_the_first) {
  Tracing tracing;
  SpanMap map;
  MapTraceOptions options;
  options.id = "same";
  map.create_trace("first", options);
  map.create_trace("second", options);
  EXPECT_EQ(map.size(), 1U);
  EXPECT_TRUE(map.complete_trace("same"));
  EXPECT_EQ(tracing.span("first").error, "never completed");
  EXPECT_EQ(tracing.span("second").status, Status::ok);
}

// They have the same trace id, by which the second used to drive out the first.
TEST(SpanMap, two_traces_inside_one_scope_are_two_entries) {
  Tracing tracing;
  SpanMap map;
  {
    TraceScope scope{"scope"};
    const std::string first = map.create_trace("first");
    const std::string second = map.create_trace("second");
    EXPECT_NE(first, second);
    EXPECT_TRUE(map.complete_trace(first));
    EXPECT_TRUE(map.complete_trace(second));
  }
  EXPECT_EQ(tracing.span("first").status, Status::ok);
  EXPECT_EQ(tracing.span("second").status, Status::ok);
  EXPECT_EQ(tracing.span("first").parent_span_id, tracing.span("scope").span_id);
}

TEST(SpanMap, belongs_to_the_tracer_it_was_made_for) {
  const auto memory = std::make_shared<MemoryExporter>();
  Tracer tracer{test_options(memory)};
  {
    SpanMap map{tracer};
    const std::string trace = map.create_trace("t");
    map.complete_span(map.create_span(trace, "s"));
    map.complete_trace(trace);
    map.complete_span("nobody");
  }
  EXPECT_TRUE(tracer.flush());
  EXPECT_EQ(memory->spans().size(), 2U);
  EXPECT_EQ(tracer.stats().unknown_ids, 1U);
}

TEST(SpanMap, does_nothing_without_a_tracer) {
  SpanMap map;
  const std::string trace = map.create_trace("t");
  EXPECT_EQ(trace, "");
  EXPECT_EQ(map.create_span(trace, "s"), "");
  EXPECT_FALSE(map.complete_span("x"));
  EXPECT_FALSE(map.complete_trace(trace));
  EXPECT_EQ(map.size(), 0U);
}

TEST(SpanMap, is_used_from_many_threads) {
  Tracing tracing;
  SpanMap map;
  constexpr int threads = 4;
  constexpr int each = 200;
  std::atomic<int> completed{0};
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        const std::string trace = map.create_trace("t");
        const std::string span = map.create_span(trace, "s");
        std::thread finisher{[&] { completed += map.complete_span(span) ? 1 : 0; }};
        finisher.join();
        completed += map.complete_trace(trace) ? 1 : 0;
      }
    });
  for (std::thread& thread : running) thread.join();
  EXPECT_EQ(completed.load(), 2 * threads * each);
  EXPECT_EQ(tracing.spans().size(), std::size_t{2} * threads * each);
}

}  // namespace
}  // namespace llmtrace
