// Row 19: threads by the thousand.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"

namespace llmtrace::testing_support {
namespace {

TEST(ManyThreadsFault, lose_nothing_and_give_their_memory_back) {
  FaultServer server;
  const Ended ended = run_host({"many_threads", server.url(), "10000", "100"}, {}, std::chrono::seconds{300});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("acknowledged"), 100'000);
  EXPECT_TRUE(holds_exactly(server.oracle(), 100'000));
  const auto early = ended.number("early_kib");
  const auto late = ended.number("late_kib");
  std::printf("    %lld KiB after 1,000 threads, %lld KiB after 10,000\n", static_cast<long long>(early),
              static_cast<long long>(late));
  EXPECT_LE(late, early + early / 10);
}

}  // namespace
}  // namespace llmtrace::testing_support
