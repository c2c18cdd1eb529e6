// Row 17: stacks that unwind through spans.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"
#include <llmtrace/testing.hpp>

#include <stdexcept>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

TEST(UnwindingFault, by_pthread_exit_closes_the_spans) {
  FaultServer server;
  const Ended ended = run_host({"pthread_exit_with_open_spans", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("open"), 0);
  EXPECT_EQ(ended.number("acknowledged"), 300);
  EXPECT_TRUE(holds_exactly(server.oracle(), 100));
}

TEST(UnwindingFault, by_pthread_cancel_closes_the_spans) {
  FaultServer server;
  const Ended ended = run_host({"cancel_with_open_spans", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("open"), 0);
  EXPECT_TRUE(holds_only_whole(server.oracle()));
}

// A call that waits inside, or wakes the worker, used to be a place to be cancelled at, in code that must not
// throw.
TEST(UnwindingFault, does_not_begin_in_a_call_of_ours) {
  FaultServer server;
  const Ended ended = run_host({"calls_of_a_cancelled_thread", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("open"), 0);
}

TEST(UnwindingFault, by_an_exception_marks_the_spans_it_passes) {
  const auto exporter = std::make_shared<MemoryExporter>();
  Tracer tracer{test_options(exporter)};
  try {
    TraceScope trace{tracer, "request"};
    Span outer{"outer"};
    auto manual = start_span("manual");
    trace_number(tracer, 0);
    throw std::runtime_error{"it failed"};
  } catch (const std::runtime_error&) {
  }
  EXPECT_THROW(trace("callable", [] { throw std::logic_error{"it failed too"}; }), std::logic_error);
  EXPECT_TRUE(tracer.close(10s));
  const Stats stats = tracer.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(stats.open, 0U);
  EXPECT_EQ(stats.ended, 4U);
  EXPECT_EQ(exporter->span("outer")->status, Status::error);
  EXPECT_TRUE(exporter->span("outer")->left_by_exception);
  EXPECT_EQ(exporter->span("request")->status, Status::error);
  EXPECT_FALSE(exporter->span("numbered")->left_by_exception);
  EXPECT_EQ(exporter->trace("request")->state, TraceData::State::error);
}

}  // namespace
}  // namespace llmtrace::testing_support
