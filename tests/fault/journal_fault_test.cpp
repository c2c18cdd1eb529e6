// The journal's memory: segments that the system refuses, and a producer that stops while it writes to one.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace {

constexpr std::size_t segment_bytes = 1u << 20;  // at the default limit
constexpr std::size_t page_bytes = 4096;

constinit thread_local std::size_t most_mapped = 0;
constinit std::atomic<bool> refuses{false};
constinit std::atomic<bool> traps_the_next{false};
constinit std::atomic<unsigned char*> trap{nullptr};  // a segment of which only the first page can be touched
constinit std::atomic<bool> is_caught{false};
constinit std::atomic<bool> may_go_on{false};

// Whoever writes on stands still until it may go on, wherever it is.
void stand_still(int, siginfo_t* fault, void*) {
  auto* const at = static_cast<unsigned char*>(fault->si_addr);
  unsigned char* const begin = trap.load();
  if (begin == nullptr || at < begin || at >= begin + segment_bytes) ::_exit(99);
  is_caught = true;
  while (!may_go_on) ::usleep(100);
  ::mprotect(begin, segment_bytes, PROT_READ | PROT_WRITE);
}

}  // namespace

// In front of the C library's. Nothing else in this program maps what has exactly the size of a segment.
extern "C" __attribute__((visibility("default"))) void* mmap(void* address, std::size_t bytes, int protection,
                                                             int flags, int descriptor,
                                                             off_t offset) noexcept {
  if (bytes == segment_bytes && refuses) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  most_mapped = std::max(most_mapped, bytes);
  const long mapped = ::syscall(SYS_mmap, address, bytes, protection, flags, descriptor, offset);
  if (bytes == segment_bytes && mapped != -1 && traps_the_next.exchange(false)) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel tells addresses as numbers
    trap = reinterpret_cast<unsigned char*>(mapped);
    ::mprotect(trap + page_bytes, segment_bytes - page_bytes, PROT_NONE);
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<void*>(mapped);
}

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

// Nobody asked again, and it was called a full journal: one refusal ended all tracing.
TEST(JournalFault, segments_that_are_refused_cost_the_spans_of_that_time_and_no_other) {
  FaultServer server;
  Tracer tracer{options_for(server.url())};
  refuses = true;
  trace_numbers(tracer, 0, 10);
  EXPECT_EQ(tracer.stats().dropped_before.out_of_memory, 10U);
  refuses = false;
  int first = 10;
  for (const auto deadline = soon();
       tracer.stats().ended == 0 && std::chrono::steady_clock::now() < deadline;)
    trace_number(tracer, first++);
  trace_numbers(tracer, first, 100);
  EXPECT_TRUE(tracer.close(10s));
  const Stats stats = tracer.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(stats.ended, 101U);
  EXPECT_EQ(stats.dropped_before.journal_full, 0U);
  EXPECT_TRUE(holds_exactly(server.oracle(), 101, first - 1));
}

TEST(JournalFault, as_many_segments_as_there_can_be_reach_a_large_limit) {
  Options options = options_for("http://127.0.0.1:1");
  options.limits.memory = 1u << 30;
  Tracer tracer{options};
  most_mapped = 0;
  trace_number(tracer, 0);
  EXPECT_GE(most_mapped * 255, std::size_t{1} << 30);
  static_cast<void>(tracer.close(0ms));
}

TEST(JournalFault, a_producer_that_stops_while_it_writes_is_torn_until_it_goes_on) {
  struct sigaction standing {};
  struct sigaction before {};
  standing.sa_sigaction = &stand_still;
  standing.sa_flags = SA_SIGINFO;
  ASSERT_EQ(::sigaction(SIGSEGV, &standing, &before), 0);
  FaultServer server;
  Tracer tracer{options_for(server.url())};
  traps_the_next = true;
  std::thread producer{[&tracer] {
    Span span{tracer, "numbered", SpanKind::tool};
    fill_numbered(span, 0);
    span.set_output(std::string(20'000, 'x'));
  }};
  for (const auto deadline = soon();
       tracer.stats().dropped_before.torn == 0 && std::chrono::steady_clock::now() < deadline;)
    std::this_thread::yield();
  EXPECT_TRUE(is_caught);
  const Stats torn = tracer.stats();
  EXPECT_EQ(torn.dropped_before.torn, 1U);
  EXPECT_EQ(torn.ended, 0U);
  EXPECT_TRUE(balanced(torn));
  may_go_on = true;
  producer.join();
  EXPECT_TRUE(tracer.close(10s));
  const Stats stats = tracer.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(stats.dropped_before.torn, 0U);
  EXPECT_EQ(stats.ended, 1U);
  EXPECT_TRUE(holds_exactly(server.oracle(), 1));
  ::sigaction(SIGSEGV, &before, nullptr);
}

}  // namespace
}  // namespace llmtrace::testing_support
