// Row 6: processes that beget processes.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"

namespace llmtrace::testing_support {
namespace {

std::size_t count_from(const Oracle& oracle, int first, int last) {
  const auto numbers = arrived(oracle).numbers;
  return static_cast<std::size_t>(std::distance(numbers.lower_bound(first), numbers.lower_bound(last)));
}

// Nothing twice, nothing damaged: under one id each, and each received once.
::testing::AssertionResult sent_once(const Oracle& oracle) {
  const auto whole = holds_only_whole(oracle);
  if (!whole) return whole;
  const std::size_t most = arrived(oracle).most_received;
  if (most <= 1) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "a span was received " << most << " times";
}

TEST(ForkFault, delivers_the_spans_of_both_and_none_twice) {
  FaultServer server;
  const Ended ended = run_host({"fork_once", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(count_from(server.oracle(), 0, 1000), 30U);
  EXPECT_EQ(count_from(server.oracle(), 1000, 2000), 20U);
  EXPECT_TRUE(sent_once(server.oracle()));
}

TEST(ForkFault, delivers_when_the_child_just_exits) {
  FaultServer server;
  const Ended ended = run_host({"fork_then_exit", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_EQ(count_from(server.oracle(), 0, 1000), 10U);
  EXPECT_EQ(count_from(server.oracle(), 1000, 2000), 20U);
  EXPECT_TRUE(sent_once(server.oracle()));
}

TEST(ForkFault, costs_a_child_nothing_that_does_not_trace) {
  FaultServer server;
  const Ended ended = run_host({"fork_silent_child", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_EQ(count_from(server.oracle(), 0, 1000), 10U);
  EXPECT_TRUE(sent_once(server.oracle()));
}

TEST(ForkFault, keeps_scoped_tracers_alive_in_the_child) {
  FaultServer server;
  const Ended ended = run_host({"fork_with_a_scoped_tracer", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_EQ(count_from(server.oracle(), 0, 1000), 20U);
  EXPECT_EQ(count_from(server.oracle(), 1000, 2000), 30U);
  EXPECT_TRUE(sent_once(server.oracle()));
}

TEST(ForkFault, may_be_nested) {
  FaultServer server;
  const Ended ended = run_host({"fork_nested", server.url()});
  ASSERT_TRUE(ended_well(ended));
  for (const int first : {0, 1000, 2000, 3000}) {
    EXPECT_EQ(count_from(server.oracle(), first, first + 1000), 10U);
  }
  EXPECT_TRUE(sent_once(server.oracle()));
}

TEST(ForkFault, leaves_open_spans_to_the_parent_and_their_context_to_the_child) {
  FaultServer server;
  const Ended ended = run_host({"fork_with_open_spans", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_TRUE(sent_once(server.oracle()));
  const auto id = [&](const std::string& name) {
    const auto at = ended.output.find(name + "=") + name.size() + 1;
    return ended.output.substr(at, ended.output.find('\n', at) - at);
  };
  int below = 0;
  for (const auto& [ids, item] : server.oracle().spans()) {
    if (!item.json.contains("attributes") || !item.json["attributes"].contains("number")) continue;
    ++below;
    EXPECT_EQ(ids.first, id("trace_id"));
    const int number = item.json["attributes"]["number"].get<int>();
    if (number >= 1001) {
      EXPECT_EQ(item.json["parent_span_id"], id("span_id"));
    }
  }
  EXPECT_EQ(below, 3);
  // The trace belongs to the parent, with what the parent set.
  const auto traces = server.oracle().traces();
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_EQ(traces.begin()->second.json.value("user_id", ""), "");
  EXPECT_EQ(traces.begin()->second.json.value("status", ""), "ok");
}

TEST(ForkFault, works_under_load_from_many_threads) {
  FaultServer server;
  const int forks = times(15, 300);
  const Ended ended =
      run_host({"fork_under_load", server.url(), "4", std::to_string(forks)}, {}, std::chrono::seconds{300});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(count_from(server.oracle(), 10'000'000, 20'000'000), static_cast<std::size_t>(4 * forks * 10));
  EXPECT_EQ(static_cast<std::int64_t>(count_from(server.oracle(), 0, 10'000'000)), ended.number("traced"));
  EXPECT_EQ(ended.number("acknowledged"), ended.number("traced"));
  EXPECT_TRUE(sent_once(server.oracle()));
}

TEST(ForkFault, never_leaves_the_child_with_a_lock_that_nobody_holds) {
  FaultServer server;
  const int forks = times(40, 1000);
  const Ended ended = run_host({"fork_while_locks_are_held", server.url(), std::to_string(forks)}, {},
                               std::chrono::seconds{300});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(count_from(server.oracle(), 1000, 100'000), static_cast<std::size_t>(forks) * 10);
}

TEST(ForkFault, never_waits_in_the_child_for_a_walk_over_the_modules) {
  FaultServer server;
  const int forks = times(100, 1000);
  const Ended ended = run_host({"fork_while_modules_are_walked", server.url(), std::to_string(forks)}, {},
                               std::chrono::seconds{300});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_EQ(count_from(server.oracle(), 1000, 100'000), static_cast<std::size_t>(forks) / 4 * 40);
}

TEST(ForkFault, leaves_the_child_able_to_walk_over_the_modules) {
  const Ended ended =
      run_host({"fork_and_walk_modules", std::to_string(times(100, 1000))}, {}, std::chrono::seconds{300});
  ASSERT_TRUE(ended_well(ended));
}

TEST(ForkFault, lets_a_child_start_a_tracer_of_its_own) {
  FaultServer server;
  const Ended ended = run_host({"fork_then_init", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_EQ(count_from(server.oracle(), 0, 1000), 10U);
  EXPECT_EQ(count_from(server.oracle(), 1000, 2000), 20U);
  EXPECT_TRUE(sent_once(server.oracle()));
}

TEST(ForkFault, may_happen_in_an_exporter) {
  const Ended ended = run_host({"fork_in_an_exporter"});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("acknowledged"), 10);
}

TEST(ForkFault, is_not_seen_by_spawned_programs) {
  FaultServer server;
  const Ended ended = run_host({"spawn_children", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_TRUE(holds_exactly(server.oracle(), 200));
  EXPECT_TRUE(sent_once(server.oracle()));
}

}  // namespace
}  // namespace llmtrace::testing_support
