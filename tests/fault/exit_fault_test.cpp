// Rows 1 and 2: the process ends while something is under way.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"
#include "support/tls_server.hpp"

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

constexpr double budget_ms = 2000;

// From the call of exit() to the end of the process.
double exit_ms(const Ended& ended) {
  return static_cast<double>(ended.ended_at - ended.number("exit_at")) / 1e6;
}

// The machine may be slow, so the limit is generous; the figure is what is to be looked at.
::testing::AssertionResult left_within(double limit_ms, const Ended& ended) {
  const double took = exit_ms(ended);
  std::printf("    exit took %.0f ms\n", took);
  if (took < limit_ms) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "the exit took " << took << " ms";
}

// --- row 1

void exit_with_tls_in_flight(const char* scenario, int runs) {
  if (!TlsServer::available()) GTEST_SKIP() << "there is no openssl program";
  const TlsServer server;
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port());
  for (int i = 0; i < runs; ++i) {
    const int pause_us = i * 15'000 / runs;  // from the first packet of the handshake to the reply
    const Ended ended =
        run_host({scenario, url, server.ca_file(), std::to_string(pause_us), std::to_string(i)});
    ASSERT_TRUE(ended_well(ended)) << "run " << i;
    ASSERT_TRUE(balanced(ended)) << "run " << i;
    ASSERT_EQ(ended.number("acknowledged"), 1) << "run " << i << ended.story();
  }
  EXPECT_TRUE(holds_exactly(server.oracle(), runs));
}

TEST(ExitFault, survives_tls_in_flight) { exit_with_tls_in_flight("exit_in_flight", times(60, 1000)); }

// The exit handler of the first tracer used to be registered before curl's and OpenSSL's, and so ran after
// them.
TEST(ExitFault, survives_tls_in_flight_of_a_tracer_that_came_second) {
  exit_with_tls_in_flight("exit_in_flight_of_a_second_tracer", times(20, 300));
}

// 10 spans in main and 10 in a handler that runs before the close arrive. Two that were open then are counted
// as lost, and so are the 21 that begin later.
TEST(ExitFault, records_or_counts_what_is_traced_after_the_teardown) {
  for (const char* closed_by : {"guard", "handler"}) {
    FaultServer server;
    const Ended ended = run_host({"late_tracing", server.url(), closed_by});
    ASSERT_TRUE(ended_well(ended));
    EXPECT_TRUE(balanced(ended));
    EXPECT_EQ(arrived(server.oracle()).numbers.size(), 20U);
    EXPECT_TRUE(holds_only_whole(server.oracle()));
    EXPECT_EQ(ended.number("started"), 20 + 2 + 21) << ended.story();
    EXPECT_EQ(ended.number("before_shutdown"), 2 + 21) << ended.story();
    EXPECT_EQ(ended.number("open"), 0);
  }
}

TEST(ExitFault, survives_threads_that_trace_through_it) {
  for (int i = 0; i < times(15, 300); ++i) {
    FaultServer server;
    const Ended ended =
        run_host({"exit_while_threads_trace", server.url(), "8", std::to_string(i % 10 * 500)});
    ASSERT_TRUE(ended_well(ended)) << "run " << i;
    ASSERT_TRUE(balanced(ended)) << "run " << i;
    ASSERT_EQ(ended.number("open"), 0) << ended.story();
    ASSERT_TRUE(holds_only_whole(server.oracle()));
    // Two spans for each number; the service may also hold what nobody could wait for any more.
    ASSERT_GE(static_cast<std::int64_t>(server.oracle().committed_spans()), ended.number("acknowledged"));
  }
}

TEST(ExitFault, survives_threads_that_trace_to_the_very_end) {
  FaultServer server;
  for (int i = 0; i < times(40, 1000); ++i) {
    const Ended ended =
        run_host({"exit_while_threads_trace_to_the_end", server.url(), "8", std::to_string(i % 10 * 200)});
    ASSERT_TRUE(ended_well(ended)) << "run " << i;
  }
}

TEST(ExitFault, delivers_when_another_thread_exits) {
  FaultServer server;
  const Ended ended = run_host({"exit_from_another_thread", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_TRUE(holds_exactly(server.oracle(), 40));
}

TEST(ExitFault, may_be_called_by_an_exporter) {
  EXPECT_TRUE(ended_well(run_host({"exit_from_an_exporter"})));
}

// exit() in on_error used to wait for a lock that its own thread held.
TEST(ExitFault, may_be_called_by_on_error) { EXPECT_TRUE(ended_well(run_host({"exit_from_on_error"}))); }

TEST(ExitFault, survives_quick_exit) {
  FaultServer server;
  EXPECT_TRUE(ended_well(run_host({"quick_exit_with_spans", server.url()})));
  EXPECT_TRUE(holds_only_whole(server.oracle()));
}

// --- row 2

TEST(ExitFault, leaves_a_service_that_hangs_within_the_budget) {
  FaultServer hanging;
  hanging.otherwise(hang());
  const BlackHole black_hole;
  const MuteServer mute;
  for (const std::string& url : {hanging.url(), black_hole.url(), mute.url()}) {
    const Ended ended = run_host({"exit_with_spans", url, "2000", "30"});
    ASSERT_TRUE(ended_well(ended));
    EXPECT_TRUE(balanced(ended));
    EXPECT_EQ(ended.number("shutdown"), 2000);
    EXPECT_TRUE(left_within(budget_ms + 1000, ended));
  }
  EXPECT_TRUE(holds_exactly(hanging.oracle(), 0));
}

TEST(ExitFault, leaves_a_service_that_drips_and_one_that_never_ends_within_the_budget) {
  for (const Action& action :
       {drip(), endless_reply(), endless_headers(), reply(503, {{"Retry-After", "60"}}), reply(500)}) {
    FaultServer server;
    server.otherwise(action);
    const Ended ended = run_host({"exit_with_spans", server.url(), "500", "30"});
    ASSERT_TRUE(ended_well(ended));
    EXPECT_TRUE(balanced(ended));
    EXPECT_TRUE(holds_only_whole(server.oracle()));
    EXPECT_EQ(ended.number("acknowledged") + ended.number("shutdown"), 500) << ended.story();
    EXPECT_GE(static_cast<std::int64_t>(arrived(server.oracle()).numbers.size()),
              ended.number("acknowledged"));
    EXPECT_TRUE(left_within(budget_ms + 1000, ended));
  }
}

TEST(ExitFault, leaves_at_once_when_offline) {
  const std::string url = url_of_port(refused_port());
  for (const char* spans : {"0", "500"}) {
    const Ended ended = run_host({"exit_with_spans", url, spans, "200"});
    ASSERT_TRUE(ended_well(ended));
    EXPECT_TRUE(balanced(ended));
    EXPECT_TRUE(left_within(500, ended));
  }
}

TEST(ExitFault, shares_one_budget_between_tracers_and_lets_none_use_up_the_time_of_another) {
  FaultServer healthy;
  FaultServer hanging;
  hanging.otherwise(hang());
  const Ended ended = run_host({"exit_with_two_tracers", healthy.url(), hanging.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_TRUE(holds_exactly(healthy.oracle(), 50));
  EXPECT_TRUE(left_within(budget_ms + 1000, ended));
}

// Static tracers used to take one budget each, one after the other.
TEST(ExitFault, shares_one_budget_between_static_objects_that_close) {
  FaultServer hanging;
  hanging.otherwise(hang());
  const Ended ended = run_host({"exit_with_static_tracers", hanging.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("shutdown"), 10);
  EXPECT_EQ(hanging.oracle().committed_spans(), 0U);
  EXPECT_TRUE(left_within(budget_ms + 1000, ended));
}

TEST(ExitFault, lets_no_static_object_use_up_the_time_of_another) {
  FaultServer healthy;
  FaultServer hanging;
  hanging.otherwise(hang());
  const Ended ended = run_host({"exit_with_a_static_tracer_that_hangs", healthy.url(), hanging.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(holds_exactly(healthy.oracle(), 50));
  EXPECT_TRUE(left_within(budget_ms + 1000, ended));
}

// A flush or a close of what has closed used to begin the close of all others, as that of a static tracer
// does.
TEST(ExitFault, lets_static_objects_ask_after_a_closed_tracer) {
  FaultServer server;
  const Ended ended = run_host({"exit_with_questions_after_a_closed_tracer", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_EQ(ended.number("clean"), 1);
  EXPECT_TRUE(holds_exactly(server.oracle(), 20));
}

// The exit used to wait for a lock that the close held for all of its own time.
TEST(ExitFault, keeps_its_budget_beside_a_close_with_more_time) {
  FaultServer hanging;
  hanging.otherwise(hang());
  const Ended ended = run_host({"exit_beside_a_close", hanging.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("shutdown"), 10);
  EXPECT_TRUE(left_within(budget_ms + 1000, ended));
}

TEST(ExitFault, leaves_a_name_server_that_never_answers_within_the_budget) {
  for (const char* pause : {"0", "300"}) {
    const Ended ended = run_host({"name_server_never_answers", pause});
    if (ended.exit_code == 77) GTEST_SKIP() << "needs root, to make a network namespace";
    ASSERT_TRUE(ended_well(ended));
    EXPECT_TRUE(balanced(ended));
    EXPECT_EQ(ended.number("shutdown"), 20);
    EXPECT_TRUE(left_within(budget_ms + 1000, ended));
  }
}

}  // namespace
}  // namespace llmtrace::testing_support
