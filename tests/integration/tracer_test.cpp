#include "support/fault_server.hpp"
#include "support/scoped_environment.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace llmtrace {
namespace {

using namespace std::chrono_literals;
using testing_support::balanced;
using testing_support::Diagnostics;
using testing_support::FaultServer;
using testing_support::ScopedEnvironment;
using testing_support::Tracing;
using State = TraceData::State;

TEST(TracerLife, is_one_object_that_may_be_asked_at_any_time) {
  EXPECT_EQ(&Tracer::get(), &Tracer::get());
  EXPECT_FALSE(Tracer::get().enabled());
  EXPECT_TRUE(Tracer::get().flush(0ms)) << "there is nothing to send";
  EXPECT_TRUE(Tracer::get().close());
  Tracing tracing;
  EXPECT_TRUE(Tracer::get().enabled());
  EXPECT_EQ(Tracer::get().stats().started, 0U);
}

TEST(TracerLife, a_second_init_is_reported_and_inert) {
  Tracing tracing;
  const Diagnostics diagnostics;
  Options options = test_options(std::make_shared<MemoryExporter>());
  options.on_error = diagnostics.listener();
  {
    TracerGuard second = Tracer::init(options);
    EXPECT_FALSE(second);
    EXPECT_FALSE(second.flush());
    EXPECT_TRUE(second.close());
  }
  ASSERT_EQ(diagnostics.messages().size(), 1U);
  EXPECT_TRUE(Tracer::get().enabled()) << "the first one goes on";
  { Span span{"s"}; }
  EXPECT_EQ(tracing.spans().size(), 1U);
}

// Another warning of the same kind, which comes first, used to hide the reason.
TEST(TracerLife, a_second_init_says_why_it_does_nothing_beside_a_wrong_setting) {
  const Tracing tracing;
  const Diagnostics diagnostics;
  Options options = test_options(std::make_shared<MemoryExporter>());
  options.on_error = diagnostics.listener();
  options.log = "loud";
  EXPECT_FALSE(Tracer::init(options));
  ASSERT_EQ(diagnostics.messages().size(), 2U);
  EXPECT_NE(diagnostics.messages().back().find("runs already"), std::string::npos);
}

TEST(TracerLife, starts_again_and_again_with_new_books) {
  for (int life = 0; life < 20; ++life) {
    Tracing tracing;
    for (int i = 0; i <= life; ++i) Span span{"s"};
    EXPECT_EQ(tracing.spans().size(), static_cast<std::size_t>(life) + 1);
    EXPECT_EQ(tracing.stats().started, static_cast<std::uint64_t>(life) + 1);
  }
}

TEST(TracerLife, books_can_be_read_after_the_close) {
  const auto memory = std::make_shared<MemoryExporter>();
  {
    TracerGuard guard = Tracer::init(test_options(memory));
    Span span{"s"};
  }
  EXPECT_FALSE(Tracer::get().enabled());
  const Stats stats = Tracer::get().stats();
  EXPECT_EQ(stats.ended, 1U);
  ASSERT_EQ(stats.exporters.size(), 1U);
  EXPECT_EQ(stats.exporters[0].acknowledged, 1U);
  EXPECT_TRUE(balanced(stats));
}

TEST(TracerLife, closing_twice_is_harmless) {
  Tracing tracing;
  EXPECT_TRUE(Tracer::get().close());
  EXPECT_TRUE(Tracer::get().close());
  EXPECT_FALSE(Tracer::get().enabled());
}

TEST(TracerLife, spans_that_end_after_the_close_are_gone_and_counted_open) {
  const auto memory = std::make_shared<MemoryExporter>();
  TracerGuard guard = Tracer::init(test_options(memory));
  {
    Span span{"late"};
    EXPECT_TRUE(guard.close());
    const Stats stats = guard.stats();
    EXPECT_EQ(stats.started, 1U);
    EXPECT_TRUE(balanced(stats));
  }
  EXPECT_TRUE(balanced(guard.stats()));
  EXPECT_TRUE(memory->spans().empty());
}

TEST(TracerLife, a_guard_moves_and_closes_once) {
  const auto memory = std::make_shared<MemoryExporter>();
  {
    TracerGuard first = Tracer::init(test_options(memory));
    TracerGuard second{std::move(first)};
    EXPECT_FALSE(first);
    EXPECT_TRUE(second);
    EXPECT_TRUE(first.close());
    EXPECT_TRUE(Tracer::get().enabled());
  }
  EXPECT_FALSE(Tracer::get().enabled());
}

TEST(TracerLife, threads_that_trace_while_it_closes_do_no_harm) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&stop] {
      while (!stop.load()) {
        TraceScope trace{"t"};
        Span span{"s"};
        span.set_output("x");
      }
    });
  for (int life = 0; life < 20; ++life) {
    const auto memory = std::make_shared<MemoryExporter>();
    TracerGuard guard = Tracer::init(test_options(memory));
    EXPECT_TRUE(guard);
    guard.flush(1s);
    guard.close(5s);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(current_span());
}

TEST(TracerFlush, is_true_only_after_acknowledgement) {
  FaultServer server;
  server.enqueue(testing_support::hang());
  Options options;
  options.read_environment = false;
  options.url = server.url();
  TracerGuard guard = Tracer::init(options);
  { Span span{"s"}; }
  EXPECT_FALSE(guard.flush(50ms));
  EXPECT_FALSE(guard.flush(0ms));
  EXPECT_FALSE(guard.flush(-1ms));
  EXPECT_EQ(guard.stats().exporters[0].queued, 1U);
  EXPECT_TRUE(balanced(guard.stats()));
  server.release();
  EXPECT_TRUE(guard.flush(20s));
  EXPECT_EQ(server.oracle().committed_spans(), 1U);
  EXPECT_EQ(guard.stats().exporters[0].acknowledged, 1U);
  EXPECT_TRUE(guard.close());
  EXPECT_TRUE(balanced(guard.stats()));
}

TEST(TracerFlush, concurrent_calls_keep_their_own_deadlines_and_spans) {
  FaultServer server;
  server.enqueue(testing_support::hang());
  Options options;
  options.read_environment = false;
  options.url = server.url();
  TracerGuard guard = Tracer::init(options);
  { Span span{"s"}; }
  auto patient = std::async(std::launch::async, [&guard] { return guard.flush(20s); });
  auto hasty = std::async(std::launch::async, [&guard] { return guard.flush(20ms); });
  EXPECT_FALSE(hasty.get());
  server.release();
  EXPECT_TRUE(patient.get());
}

TEST(TracerFlush, from_many_threads_that_trace) {
  Tracing tracing;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 50; ++i) {
        { Span span{"s"}; }
        EXPECT_TRUE(Tracer::get().flush(20s));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tracing.memory().spans().size(), 200U) << "each flush left nothing behind";
}

TEST(TracerFlush, a_loss_makes_it_false) {
  FaultServer server;
  server.otherwise(testing_support::reply(400));
  Options options;
  options.read_environment = false;
  options.url = server.url();
  options.on_error = Diagnostics{}.listener();
  TracerGuard guard = Tracer::init(options);
  { Span span{"s"}; }
  EXPECT_FALSE(guard.flush(20s));
  EXPECT_EQ(guard.stats().exporters[0].dropped.rejected, 1U);
  EXPECT_TRUE(balanced(guard.stats()));
}

TEST(RunningTraces, show_their_header_at_a_flush) {
  Tracing tracing;
  {
    TraceOptions options;
    options.user_id = "u";
    TraceScope trace{"long", options};
    { Span span{"done"}; }
    tracing.flush();
    ASSERT_EQ(tracing.memory().traces().size(), 1U);
    const TraceData header = tracing.memory().traces()[0];
    EXPECT_EQ(header.state, State::running);
    EXPECT_EQ(header.name, "long");
    EXPECT_EQ(header.user_id, "u");
    tracing.flush();
    EXPECT_EQ(tracing.memory().traces().size(), 1U) << "once is enough";
  }
  EXPECT_EQ(tracing.trace("long").state, State::ok);
  EXPECT_EQ(tracing.traces().size(), 2U);
}

TEST(RunningTraces, that_never_end_are_incomplete) {
  const auto memory = std::make_shared<MemoryExporter>();
  TracerGuard guard = Tracer::init(test_options(memory));
  auto trace = std::make_unique<TraceScope>("abandoned");
  { Span span{"done"}; }
  EXPECT_TRUE(guard.close());
  trace.reset();
  EXPECT_EQ(memory->spans().size(), 1U);
  ASSERT_TRUE(memory->trace("abandoned"));
  EXPECT_EQ(memory->trace("abandoned")->state, State::incomplete);
}

TEST(HeldBackTraces, go_out_whole_when_their_root_has_ended) {
  Tracing tracing{[](Options& options) { options.live = false; }};
  {
    TraceScope trace{"t"};
    for (int i = 0; i < 5; ++i) Span span{"s"};
    static_cast<void>(Tracer::get().flush(10s));
    EXPECT_TRUE(tracing.memory().spans().empty());
    EXPECT_TRUE(tracing.memory().traces().empty());
    EXPECT_EQ(tracing.stats().exporters[0].queued, 5U);
    EXPECT_TRUE(balanced(tracing.stats()));
  }
  EXPECT_EQ(tracing.spans().size(), 6U);
  ASSERT_EQ(tracing.traces().size(), 1U);
  EXPECT_EQ(tracing.traces()[0].state, State::ok);
  EXPECT_EQ(tracing.traces()[0].span_count, 6U);
}

TEST(ExportMode, on_trace_end_sends_as_the_trace_ends) {
  Tracing tracing{[](Options& options) {
    options.export_mode = ExportMode::on_trace_end;
    options.batch.flush_interval = 1h;
  }};
  {
    TraceScope trace{"t"};
    { Span span{"s"}; }
    EXPECT_TRUE(tracing.memory().spans().empty());
  }
  EXPECT_EQ(tracing.memory().spans().size(), 2U);
  { Span span{"a root of its own"}; }
  EXPECT_EQ(tracing.memory().spans().size(), 3U);
}

TEST(ExportMode, on_trace_end_minds_the_part_of_a_trace_that_is_here) {
  Tracing tracing{[](Options& options) {
    options.export_mode = ExportMode::on_trace_end;
    options.batch.flush_interval = 1h;
  }};
  { TraceScope trace{from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), "server"}; }
  EXPECT_EQ(tracing.memory().spans().size(), 1U);
}

TEST(ProcessParent, comes_from_the_environment) {
  ScopedEnvironment environment{"TRACEPARENT", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
  environment.set("TRACESTATE", "a=b");
  Tracing tracing{[](Options& options) { options.read_environment = true; }};
  {
    TraceScope trace{"child process"};
    EXPECT_EQ(to_tracestate(trace.context()), "a=b");
    { Span span{"below"}; }
  }
  { Span second{"second root"}; }
  {
    TraceOptions options;
    options.new_trace = true;
    TraceScope trace{"apart", options};
  }
  EXPECT_EQ(to_hex(tracing.span("child process").parent_span_id), "00f067aa0ba902b7");
  EXPECT_EQ(to_hex(tracing.span("child process").trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(to_hex(tracing.span("second root").parent_span_id), "00f067aa0ba902b7");
  EXPECT_EQ(tracing.span("below").parent_span_id, tracing.span("child process").span_id);
  EXPECT_FALSE(tracing.span("apart").parent_span_id.valid());
  for (const TraceData& trace : tracing.traces()) EXPECT_EQ(trace.name, "apart");
}

TEST(ProcessParent, that_is_not_sampled_is_followed) {
  const ScopedEnvironment environment{"TRACEPARENT",
                                      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"};
  Tracing tracing{[](Options& options) { options.read_environment = true; }};
  { Span span{"s"}; }
  EXPECT_TRUE(tracing.spans().empty());
}

TEST(ProcessParent, that_is_malformed_is_none) {
  const ScopedEnvironment environment{"TRACEPARENT", "garbage"};
  Tracing tracing{[](Options& options) { options.read_environment = true; }};
  { Span span{"s"}; }
  EXPECT_FALSE(tracing.span("s").parent_span_id.valid());
}

TEST(Books, hold_for_every_way_a_span_can_go) {
  Tracing tracing{[](Options& options) {
    SampleRule drop;
    drop.name = "drop";
    drop.rate = 0;
    options.sample_rules = {drop};
    options.limits.open_spans = 50;
    options.limits.memory = 512u << 10;
    options.limits.span_bytes = 256u << 10;
  }};
  std::vector<ManualSpan> open;
  for (int i = 0; i < 60; ++i) open.push_back(start_span("open"));
  for (int i = 0; i < 10; ++i) Span span{"drop"};
  while (open.size() > 30) open.pop_back();
  for (int i = 0; i < 200; ++i) {
    Span span{"large"};
    span.set_output(std::string(100u << 10, 'x'));
  }
  Stats stats = tracing.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(stats.started, 270U);
  EXPECT_EQ(stats.dropped_before.sampled_out, 10U);
  EXPECT_EQ(stats.dropped_before.open_span_limit, 10U);
  open.clear();
  tracing.flush();
  stats = tracing.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(stats.open, 0U);
}

TEST(Books, threads_come_and_go) {
  Tracing tracing;
  constexpr int threads = 200;
  for (int t = 0; t < threads; ++t) {
    std::thread thread{[] {
      TraceScope trace{"t"};
      Span span{"s"};
    }};
    thread.join();
  }
  EXPECT_EQ(tracing.spans().size(), 2U * threads);
  EXPECT_EQ(tracing.stats().started, 2U * threads);
}

// Looking must neither hold the workers up nor see a span in two places at once.
TEST(Books, are_read_while_threads_trace) {
  Tracing tracing{[](Options& options) { options.batch.flush_interval = 1ms; }};
  std::atomic<bool> stop{false};
  std::thread reader{[&] {
    while (!stop.load()) {
      const Stats stats = Tracer::get().stats();
      EXPECT_LE(stats.ended, stats.started + 1);
    }
  }};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 3000; ++i) Span{"s"}.set("i", i);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(balanced(tracing.stats())) << "no thread is inside a call, though the worker is";
  stop = true;
  reader.join();
  EXPECT_EQ(tracing.spans().size() + tracing.stats().dropped_before.journal_full, 9000U);
}

}  // namespace
}  // namespace llmtrace
