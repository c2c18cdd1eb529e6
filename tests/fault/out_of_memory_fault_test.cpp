// Row 12: each allocation that init, spans, flush and close make, on the host's threads and on the worker's,
// fails once, and with all that follow.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"

#include <gmock/gmock.h>

namespace llmtrace::testing_support {
namespace {

class OutOfMemoryFault : public ::testing::TestWithParam<bool> {
 protected:
  // Each allocation, or one in `step`. By parts, for the server remembers all that it was sent.
  static void fail_each(const char* scenario, int step) {
    constexpr int runs_of_a_part = 300;
    std::int64_t runs = 0;
    bool at_end = false;
    for (int first = 1; !at_end; first += runs_of_a_part * step) {
      FaultServer server;
      const Ended ended = run_host({scenario, server.url(), GetParam() ? "1" : "0", std::to_string(first),
                                    std::to_string(step), std::to_string(runs_of_a_part)},
                                   {{"LD_PRELOAD", beside_this_program("llmtrace_failing_allocations.so")}},
                                   std::chrono::seconds{times(120, 1200)});
      ASSERT_TRUE(ended_well(ended)) << "from allocation " << first << " on";
      ASSERT_THAT(arrived(server.oracle()).problems, ::testing::IsEmpty());
      runs += ended.number("runs");
      at_end = ended.number("at_end") == 1;
    }
    std::printf("    %lld runs\n", static_cast<long long>(runs));
    EXPECT_GT(runs, 20);
  }
};

INSTANTIATE_TEST_SUITE_P(Failing, OutOfMemoryFault, ::testing::Bool(),
                         [](const auto& failing) { return failing.param ? "from_there_on" : "once"; });

TEST_P(OutOfMemoryFault, anywhere_in_a_new_process_ends_nothing_and_is_counted) {
  fail_each("out_of_memory_in_fresh_processes", GetParam() ? times(37, 7) : times(37, 1));
}

TEST_P(OutOfMemoryFault, anywhere_in_a_process_that_has_traced_before_ends_nothing_and_is_counted) {
  fail_each("out_of_memory_in_one_process", GetParam() ? times(61, 3) : times(7, 1));
}

}  // namespace
}  // namespace llmtrace::testing_support
