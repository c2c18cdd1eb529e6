// Options::tail as a program meets it: whole traces are kept or left out, nothing is shown of a trace before
// it is decided, and the books tell of what was left out.
#include "support/scoped_environment.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <map>
#include <string>

namespace llmtrace {
namespace {

using testing_support::balanced;
using testing_support::Tracing;

Tracing::Adjust keeping_none(const std::function<void(Options&)>& more = {}) {
  return [more](Options& options) {
    options.tail.rate = 0;
    if (more) more(options);
  };
}

TEST(TailSampling, keeps_the_traces_with_errors_whole) {
  Tracing tracing{keeping_none()};
  for (int i = 0; i < 10; ++i) {
    TraceScope trace{"trace " + std::to_string(i)};
    { Span step{"step"}; }
    if (i == 3) Span{"broken"}.set_error("no");
    Span{"call"}.set_usage({10, 5}).set_cost(0.5);
  }
  EXPECT_EQ(tracing.spans().size(), 4U);
  const TraceData kept = tracing.trace("trace 3");
  EXPECT_EQ(kept.span_count, 4U);
  EXPECT_EQ(kept.error_count, 1U);
  EXPECT_EQ(tracing.traces().back().name, "trace 3");
  const Stats stats = tracing.stats();
  EXPECT_TRUE(balanced(stats));
  const ExporterStats& exporter = stats.exporters.at(0);
  EXPECT_EQ(exporter.dropped.tail_sampled, 27U);
  EXPECT_EQ(exporter.not_kept.traces, 9U);
  EXPECT_EQ(exporter.not_kept.tokens_input, 90U);
  EXPECT_DOUBLE_EQ(exporter.not_kept.cost_usd, 4.5);
}

TEST(TailSampling, shows_nothing_of_a_trace_that_is_not_decided) {
  Tracing tracing{keeping_none()};
  {
    TraceScope trace{"long"};
    { Span step{"step"}; }
    tracing.flush();
    EXPECT_TRUE(tracing.memory().traces().empty());
    EXPECT_TRUE(tracing.memory().spans().empty());
    EXPECT_EQ(tracing.stats().exporters.at(0).queued, 1U);
    EXPECT_TRUE(balanced(tracing.stats()));
    { Span{"broken"}.set_error("no"); }
    tracing.flush();
    EXPECT_EQ(tracing.memory().spans().size(), 2U) << "kept from here on";
    EXPECT_EQ(tracing.trace("long").state, TraceData::State::running);
  }
  EXPECT_EQ(tracing.trace("long").span_count, 3U);
}

TEST(TailSampling, keeps_slow_and_dear_ones) {
  Tracing tracing{keeping_none([](Options& options) {
    options.tail.slower_than = std::chrono::milliseconds{100};
    options.tail.dearer_than = 1.0;
  })};
  { TraceScope quick{"quick"}; }
  {
    TraceScope slow{"slow"};
    tracing.clock().advance(std::chrono::milliseconds{101});
  }
  {
    TraceScope dear{"dear"};
    Span{"a"}.set_cost(0.7);
    Span{"b"}.set_cost(0.7);
  }
  EXPECT_EQ(tracing.spans().size(), 4U);
  EXPECT_EQ(tracing.trace("slow").span_count, 1U);
  EXPECT_EQ(tracing.trace("dear").span_count, 3U);
}

// A trace that takes no time is not slower than 0, nor than a time that is as long as a number can say. The
// first was kept when the time was negative, the second when it did not fit into nanoseconds.
TEST(TailSampling, a_time_out_of_range_is_the_nearest_within) {
  using std::chrono::milliseconds;
  for (const milliseconds time :
       {milliseconds{0}, milliseconds{-5}, milliseconds::min(), milliseconds::max()}) {
    Tracing tracing{keeping_none([time](Options& options) { options.tail.slower_than = time; })};
    { TraceScope trace{"of no duration"}; }
    EXPECT_TRUE(tracing.spans().empty()) << time.count();
    {
      TraceScope slow{"slow"};
      tracing.clock().advance(milliseconds{1});
    }
    EXPECT_EQ(tracing.spans().size(), time == milliseconds::max() ? 0U : 1U) << time.count();
  }
}

TEST(TailSampling, keeps_a_share_of_the_rest_whole) {
  Tracing tracing{[](Options& options) {
    options.tail.rate = 0.3;
    options.id_source = nullptr;
  }};
  for (int i = 0; i < 1000; ++i) {
    TraceScope trace{"t"};
    const Span step{"step"};
  }
  std::map<std::string, int> spans_of;
  for (const SpanData& span : tracing.spans()) ++spans_of[to_hex(span.trace_id)];
  EXPECT_GT(spans_of.size(), 220U);
  EXPECT_LT(spans_of.size(), 380U);
  for (const auto& [trace, spans] : spans_of) EXPECT_EQ(spans, 2) << trace;
  EXPECT_TRUE(balanced(tracing.stats()));
}

TEST(TailSampling, goes_by_rules) {
  TailRule health;
  health.name = "GET /health";
  health.rate = 0;
  TailRule payers;
  payers.attribute = "plan";
  payers.value = "paid";
  Tracing tracing{keeping_none([&](Options& options) { options.tail.rules = {health, payers}; })};
  { Span{"GET /health"}.set("plan", "paid"); }
  { Span{"GET /chat"}.set("plan", "free"); }
  { Span{"GET /chat"}.set("plan", "paid"); }
  ASSERT_EQ(tracing.spans().size(), 1U);
  EXPECT_EQ(tracing.spans()[0].attributes.at(0).second.text, "paid");
}

TEST(TailSampling, all_exporters_keep_the_same_traces) {
  auto one = std::make_shared<MemoryExporter>();
  auto other = std::make_shared<MemoryExporter>();
  Options options = test_options(one);
  options.exporters.push_back(other);
  options.tail.rate = 0.5;
  Tracer tracer{options};
  for (int i = 0; i < 300; ++i) Span{tracer, "t"};
  EXPECT_TRUE(tracer.close(std::chrono::seconds{20}));
  EXPECT_TRUE(balanced(tracer.stats()));
  const auto ids = [](const MemoryExporter& memory) {
    std::map<std::string, int> all;
    for (const SpanData& span : memory.spans()) ++all[to_hex(span.trace_id)];
    return all;
  };
  EXPECT_EQ(ids(*one), ids(*other));
  EXPECT_GT(one->spans().size(), 90U);
  EXPECT_LT(one->spans().size(), 210U);
}

TEST(TailSampling, decides_at_the_close_what_is_still_held) {
  auto memory = std::make_shared<MemoryExporter>();
  Options options = test_options(memory);
  options.tail.rate = 0;
  Tracer tracer{options};
  const ManualSpan open = start_span(tracer, "open");
  { Span{open, "step"}; }
  const ManualSpan failing = start_span(tracer, "failing");
  { Span{failing, "broken"}.set_error("no"); }
  EXPECT_TRUE(tracer.close(std::chrono::seconds{20}));
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(memory->spans().size(), 1U);
  EXPECT_FALSE(memory->trace("open"));
  ASSERT_TRUE(memory->trace("failing"));  // perhaps shown as running before
  EXPECT_EQ(memory->trace("failing")->state, TraceData::State::incomplete);
}

TEST(TailSampling, decides_of_traces_that_began_elsewhere_when_their_part_here_ends) {
  Tracing tracing{keeping_none()};
  const SpanContext remote = from_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  {
    Span root{remote, "part"};
    Span{"step"};
  }
  { Span{"broken"}.set_error("no"); }
  EXPECT_EQ(tracing.spans().size(), 1U);
  EXPECT_EQ(tracing.stats().exporters.at(0).dropped.tail_sampled, 2U);
}

TEST(TailSampling, lets_go_after_the_decision_wait) {
  using std::chrono::milliseconds;
  for (const milliseconds wait : {milliseconds{1}, milliseconds{0}, milliseconds{-5}, milliseconds::min()}) {
    Tracing tracing{keeping_none([wait](Options& options) {
      options.tail.decision_wait = wait;
      options.batch.flush_interval = milliseconds{1};
    })};
    TraceScope trace{"long"};
    { Span step{"step"}; }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (tracing.stats().exporters.at(0).dropped.tail_sampled == 0 &&
           std::chrono::steady_clock::now() < deadline)
      tracing.flush();
    EXPECT_EQ(tracing.stats().exporters.at(0).dropped.tail_sampled, 1U) << wait.count();
  }
}

// When the worker had read nothing but spans that are not kept, whoever waited was told at the next interval.
TEST(TailSampling, a_flush_does_not_wait_for_the_interval_when_nothing_is_kept) {
  Tracing tracing{
      keeping_none([](Options& options) { options.batch.flush_interval = std::chrono::hours{1}; })};
  for (int i = 0; i < 50 && !HasFailure(); ++i) {
    { TraceScope trace{"t"}; }
    tracing.flush();
  }
  EXPECT_EQ(tracing.stats().exporters.at(0).dropped.tail_sampled, 50U);
}

TEST(TailSampling, comes_from_the_environment) {
  testing_support::ScopedEnvironment environment;
  environment.set("TRACER_TAIL_RATE", "0");
  environment.set("TRACER_TAIL_KEEP_ERRORS", "false");
  environment.set("TRACER_TAIL_SLOWER_THAN_MS", "50");
  environment.set("TRACER_TAIL_DEARER_THAN_USD", "0.25");
  environment.set("TRACER_TAIL_DECISION_WAIT_MS", "60000");
  Tracing tracing{[](Options& options) { options.read_environment = true; }};
  { Span{"error"}.set_error("no"); }
  { Span{"dear"}.set_cost(0.3); }
  {
    const Span slow{"slow"};
    tracing.clock().advance(std::chrono::milliseconds{51});
  }
  EXPECT_EQ(tracing.spans().size(), 2U);
  EXPECT_EQ(tracing.span("dear").name, "dear");
  EXPECT_EQ(tracing.span("slow").name, "slow");
}

TEST(TailSampling, says_at_the_close_what_it_left_out) {
  testing_support::Diagnostics diagnostics;
  Options options = test_options(std::make_shared<MemoryExporter>());
  options.tail.rate = 0;
  options.log = "info";
  options.on_error = diagnostics.listener();
  {
    Tracer tracer{options};
    Span{tracer, "t"};
  }
  ASSERT_EQ(diagnostics.all().size(), 1U);
  EXPECT_EQ(diagnostics.all()[0].kind, "tail_sampled");
  EXPECT_EQ(diagnostics.all()[0].message.find("memory: 1 traces with 1 spans were not kept"), 0U)
      << diagnostics.all()[0].message;
}

}  // namespace
}  // namespace llmtrace
