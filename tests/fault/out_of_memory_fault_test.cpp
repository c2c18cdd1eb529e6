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
  static Ended run(const char* scenario, const std::string& url, int first, int step, int last) {
    const Ended ended = run_host({scenario, url, GetParam() ? "1" : "0", std::to_string(first),
                                  std::to_string(step), std::to_string(last)},
                                 {{"LD_PRELOAD", beside_this_program("llmtrace_failing_allocations.so")}},
                                 std::chrono::seconds{times(120, 3600)});
    std::printf("    %lld runs\n", static_cast<long long>(ended.number("runs")));
    return ended;
  }
};

INSTANTIATE_TEST_SUITE_P(Failing, OutOfMemoryFault, ::testing::Bool(),
                         [](const auto& failing) { return failing.param ? "from_there_on" : "once"; });

TEST_P(OutOfMemoryFault, anywhere_in_a_new_process_ends_nothing_and_is_counted) {
  FaultServer server;
  const Ended ended = run("out_of_memory_in_fresh_processes", server.url(), 1, times(37, 1), 100'000);
  EXPECT_TRUE(ended_well(ended));
  EXPECT_GT(ended.number("runs"), 20);
  EXPECT_THAT(arrived(server.oracle()).problems, ::testing::IsEmpty());
}

TEST_P(OutOfMemoryFault, anywhere_in_a_process_that_has_traced_before_ends_nothing_and_is_counted) {
  FaultServer server;
  const Ended ended =
      run("out_of_memory_in_one_process", server.url(), 1, GetParam() ? times(61, 3) : times(7, 1), 0);
  EXPECT_TRUE(ended_well(ended));
  EXPECT_GT(ended.number("runs"), 20);
  EXPECT_THAT(arrived(server.oracle()).problems, ::testing::IsEmpty());
}

}  // namespace
}  // namespace llmtrace::testing_support
