// Row 3: the library is part of a plugin, which goes away.
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"

namespace llmtrace::testing_support {
namespace {

TEST(UnloadFault, leaves_neither_thread_nor_code_nor_descriptor_behind) {
  FaultServer server;
  const int cycles = times(10, 200);
  const Ended ended = run_loader({"unload_after_stop", server.url(), std::to_string(cycles)});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_LE(ended.number("leaked_descriptors"), 0);
  EXPECT_TRUE(holds_only_whole(server.oracle()));
  EXPECT_EQ(arrived(server.oracle()).numbers.size(), static_cast<std::size_t>(cycles) * 20);
}

TEST(UnloadFault, does_not_leave_its_thread_hooks_behind) {
  FaultServer server;
  const Ended ended = run_loader({"unload_before_a_thread_ends", server.url()});
  EXPECT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_TRUE(holds_exactly(server.oracle(), 10));
}

TEST(UnloadFault, stays_when_its_worker_is_stuck) {
  const Ended ended = run_loader({"unload_after_timeout"});
  EXPECT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("shutdown"), 10) << ended.story();
}

TEST(UnloadFault, stays_and_delivers_when_it_was_not_stopped) {
  FaultServer server;
  const Ended ended = run_loader({"unload_without_stop", server.url()});
  EXPECT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_TRUE(holds_exactly(server.oracle(), 20));
}

// The second copy used to be left with a pointer into the first.
TEST(UnloadFault, stays_while_another_copy_works_through_it) {
  FaultServer server;
  const Ended ended = run_loader({"unload_the_first_of_two", server.url()});
  EXPECT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_TRUE(holds_exactly(server.oracle(), 30));
}

TEST(UnloadFault, of_another_copy_does_no_harm) {
  FaultServer server;
  const Ended ended = run_loader({"unload_the_second_of_two", server.url()});
  EXPECT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_TRUE(holds_exactly(server.oracle(), 30));
}

// Each used to become the core of the process now and then, with a default tracer of its own.
TEST(UnloadFault, of_copies_that_start_at_the_same_moment_finds_one_core) {
  for (int i = 0; i < times(60, 1000); ++i) {
    FaultServer server;
    const Ended ended = run_loader({"start_two_at_once", server.url()});
    ASSERT_TRUE(ended_well(ended)) << "run " << i;
    ASSERT_TRUE(balanced(ended));
    ASSERT_TRUE(holds_exactly(server.oracle(), 20));
  }
}

}  // namespace
}  // namespace llmtrace::testing_support
