// Rows 4 and 5: flush() against a worker that sleeps, hangs or is busy, and times that no clock can hold.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"
#include "support/http_loop_driver.hpp"
#include "support/temporary_directory.hpp"

#include <atomic>
#include <filesystem>
#include <limits>
#include <poll.h>
#include <sstream>
#include <thread>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

Options without_interval(const std::string& url) {
  Options options = options_for(url);
  options.batch.flush_interval = 1h;
  return options;
}

// --- row 4

TEST(FlushFault, never_misses_a_worker_that_falls_asleep) {
  FaultServer server;
  Tracer tracer{without_interval(server.url())};
  const int rounds = times(1500, 50'000);
  for (int i = 0; i < rounds; ++i) {
    trace_number(tracer, i);
    ASSERT_TRUE(tracer.flush(20s)) << "round " << i;
  }
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), rounds));
}

TEST(FlushFault, never_misses_it_from_many_threads_either) {
  FaultServer server;
  Tracer tracer{without_interval(server.url())};
  const int rounds = times(150, 5000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        trace_number(tracer, t * rounds + i);
        EXPECT_TRUE(tracer.flush(20s));
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 8 * rounds));
}

TEST(FlushFault, keeps_the_deadline_of_each_caller) {
  FaultServer server;
  server.otherwise(hang());
  Tracer tracer{without_interval(server.url())};
  trace_number(tracer, 0);
  std::atomic<bool> patient_is_back{false};
  std::thread patient{[&] {
    EXPECT_TRUE(tracer.flush(60s));
    patient_is_back = true;
  }};
  EXPECT_FALSE(tracer.flush(30ms));
  EXPECT_FALSE(tracer.flush(60ms));
  EXPECT_FALSE(patient_is_back);
  server.otherwise(accept());
  server.release();
  patient.join();
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 1));
}

// What ended before the call is waited for, and nothing that came later.
TEST(FlushFault, waits_for_the_spans_of_its_caller_only) {
  FaultServer server;
  server.otherwise([](const ReceivedRequest& request) { return carries(request, 1) ? hang() : accept(); });
  server.enqueue(hang());
  Options options = without_interval(server.url());
  options.live = false;  // so that the first request is that of the first span
  Tracer tracer{options};
  trace_number(tracer, 0);
  std::thread first{[&] { EXPECT_TRUE(tracer.flush(60s)); }};
  ASSERT_TRUE(
      server.oracle().wait_for([](const Oracle& oracle) { return oracle.request_count() == 1; }, soon()));
  trace_number(tracer, 1);
  std::thread second{[&] { EXPECT_FALSE(tracer.flush(2s)); }};
  server.release();
  first.join();
  second.join();
  EXPECT_EQ(server.oracle().committed_spans(), 1U);
  server.otherwise(accept());
  server.release();
  EXPECT_TRUE(tracer.close(10s));
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 2));
}

TEST(FlushFault, is_true_only_after_the_acknowledgement) {
  FaultServer server;
  Tracer tracer{without_interval(server.url())};
  for (int i = 0; i < 30; ++i) {
    server.enqueue(i % 3 == 0 ? reply(503) : i % 3 == 1 ? reset_after_reading() : lose_reply());
    trace_numbers(tracer, i * 10, 10);
    ASSERT_TRUE(tracer.flush(20s));
    ASSERT_EQ(server.oracle().committed_spans(), static_cast<std::size_t>(i + 1) * 10);
    ASSERT_EQ(tracer.stats().exporters.at(0).acknowledged, static_cast<std::uint64_t>(i + 1) * 10);
    ASSERT_TRUE(balanced(tracer.stats()));
  }
  EXPECT_TRUE(holds_exactly(server.oracle(), 300));
}

TEST(FlushFault, is_false_when_the_service_refuses_the_spans) {
  FaultServer server;
  server.otherwise(reply(403));
  Tracer tracer{without_interval(server.url())};
  trace_numbers(tracer, 0, 10);
  EXPECT_FALSE(tracer.flush(20s));
  EXPECT_EQ(tracer.stats().exporters.at(0).dropped.rejected, 10U);
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 0));
}

// It used to be true when the interval had sent the spans, and the service refused them, just before the
// call.
TEST(FlushFault, is_false_for_what_was_lost_before_it_began) {
  FaultServer server;
  server.otherwise(reply(403));
  Options options = without_interval(server.url());
  options.batch.flush_interval = 1ms;
  Tracer tracer{options};
  trace_numbers(tracer, 0, 10);
  const auto deadline = test_deadline();
  while (tracer.stats().exporters.at(0).dropped.rejected != 10 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_FALSE(tracer.flush(20s));
  EXPECT_TRUE(tracer.flush(20s));  // of nothing new
  server.otherwise(accept());
  trace_numbers(tracer, 10, 10);
  EXPECT_TRUE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_EQ(tracer.stats().exporters.at(0).dropped.rejected, 10U);
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 10, 10));
}

// Threads that begin traces as fast as they can.
class Load {
 public:
  explicit Load(const Tracer& tracer) : tracer_{tracer} {
    for (int t = 0; t < count; ++t) threads_.emplace_back([this] { run(); });
  }
  ~Load() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // The queue may be full, so a numbered span is traced while all others wait: again, until it was taken.
  void trace_for_sure(int number) {
    pause_ = true;
    while (paused_ != count) std::this_thread::yield();
    const auto deadline = test_deadline();
    for (bool taken = false; !taken && std::chrono::steady_clock::now() < deadline;) {
      const auto before = tracer_.stats().dropped_before.sum();
      trace_number(tracer_, number);
      taken = tracer_.stats().dropped_before.sum() == before;
    }
    pause_ = false;
    while (paused_ != 0) std::this_thread::yield();
  }

 private:
  void run() {
    while (!stop_) {
      if (pause_) {
        ++paused_;
        while (pause_) std::this_thread::yield();
        --paused_;
      }
      TraceScope trace{tracer_, "busy"};
      Span span{"step"};
    }
  }

  static constexpr int count = 2;
  const Tracer& tracer_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> pause_{false};
  std::atomic<int> paused_{0};
  std::vector<std::thread> threads_;
};

// Traces that begin all the time must not put off the answer for ever.
TEST(FlushFault, comes_to_an_end_under_full_load) {
  FaultServer server;
  Options options = without_interval(server.url());
  options.batch.max_spans = 64;
  options.limits.memory = 512u << 10;
  Tracer tracer{options};
  constexpr int rounds = 4;
  {
    Load load{tracer};
    for (int i = 0; i < rounds; ++i) {
      load.trace_for_sure(i);
      EXPECT_TRUE(tracer.flush(60s)) << i;
      EXPECT_EQ(arrived(server.oracle()).numbers.count(i), 1U) << "acknowledged, and not there";
    }
  }
  EXPECT_TRUE(tracer.close(20s));
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, server.oracle().committed_spans());
  EXPECT_TRUE(holds_exactly(server.oracle(), rounds));
}

// --- row 5

constexpr milliseconds extremes[] = {milliseconds::min(), milliseconds{-1}, milliseconds{0}, milliseconds{1},
                                     milliseconds::max()};

TEST(TimeFault, flush_takes_any_time) {
  FaultServer server;
  Tracer tracer{without_interval(server.url())};
  int number = 0;
  for (const milliseconds time : extremes) {
    trace_number(tracer, number++);
    const bool flushed = tracer.flush(time);
    if (time > 1ms) {
      EXPECT_TRUE(flushed);
    }
    EXPECT_TRUE(tracer.flush(20s));
  }
  EXPECT_TRUE(tracer.flush(0ms)) << "nothing is left to be waited for";
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), number));
}

TEST(TimeFault, close_takes_any_time) {
  FaultServer server;
  int number = 0;
  for (const milliseconds time : extremes) {
    Tracer tracer{options_for(server.url())};
    trace_number(tracer, number);
    const bool clean = tracer.close(time);
    if (time < 0ms || time > 1ms) {  // a negative one is the configured one
      EXPECT_TRUE(clean);
    }
    const ExporterStats books = tracer.stats().exporters.at(0);
    EXPECT_EQ(clean, books.dropped.shutdown == 0);
    EXPECT_EQ(books.acknowledged + books.dropped.shutdown, 1U);
    EXPECT_TRUE(balanced(tracer.stats()));
    // What was on its way when the time was over may have arrived all the same.
    EXPECT_GE(arrived(server.oracle()).numbers.count(number), books.acknowledged);
    ++number;
  }
  EXPECT_TRUE(holds_only_whole(server.oracle()));
}

long turns_of_workers() {
  long turns = 0;
  for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
    std::istringstream lines{contents(task.path() / "status")};
    bool ours = false;
    for (std::string line; std::getline(lines, line);) {
      ours = ours || line == "Name:\tllmtrace";
      const std::string counter = "voluntary_ctxt_switches:";
      if (ours && line.rfind(counter, 0) == 0) turns += std::stol(line.substr(counter.size()));
    }
  }
  return turns;
}

std::int64_t cpu_time() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<std::int64_t>(used.tv_sec) * 1'000'000'000 + used.tv_nsec;
}

// Each extreme in each place. While nothing is to be done the worker must sleep: it is seen to take few
// turns, and the process to use next to no time.
TEST(TimeFault, no_option_makes_the_worker_spin) {
  FaultServer server;
  int number = 0;
  for (const milliseconds time : extremes) {
    Options options = options_for(server.url());
    options.batch.flush_interval = time;
    options.retry.initial_backoff = time;
    options.retry.max_backoff = time;
    options.retry.max_age = milliseconds::max();
    options.shutdown_timeout = time <= 0ms ? milliseconds{2000} : time;
    Tracer tracer{options};
    trace_number(tracer, number++);
    ASSERT_TRUE(tracer.flush(20s));
    const long turns_before = turns_of_workers();
    const std::int64_t cpu_before = cpu_time();
    const auto begin = std::chrono::steady_clock::now();
    ::poll(nullptr, 0, 300);  // time must pass for this: whether something happens in it is the question
    const auto real = std::chrono::steady_clock::now() - begin;
    const long turns = turns_of_workers() - turns_before;
    EXPECT_LT(turns, real / 1ms * 2 + 20);  // an interval of 1 ms is the shortest there is
    EXPECT_LT(cpu_time() - cpu_before, std::chrono::nanoseconds{real}.count() / 2);
    EXPECT_TRUE(tracer.close(10s));
    EXPECT_TRUE(balanced(tracer.stats()));
  }
  EXPECT_TRUE(holds_exactly(server.oracle(), number));
}

TEST(TimeFault, no_retry_option_makes_a_refused_service_be_called_without_end) {
  for (const milliseconds time : extremes) {
    FaultServer server;
    server.otherwise(reply(503));
    Options options = options_for(server.url());
    options.retry = {time, time, milliseconds::max(), milliseconds::max(), milliseconds::max()};
    Tracer tracer{options};
    trace_number(tracer, 0);
    EXPECT_FALSE(tracer.flush(200ms));
    EXPECT_LE(server.oracle().request_count(), 6U);  // then the breaker is open
    tracer.close(0ms);
    EXPECT_TRUE(balanced(tracer.stats()));
    EXPECT_EQ(tracer.stats().exporters.at(0).dropped.shutdown, 1U);
    EXPECT_TRUE(holds_exactly(server.oracle(), 0));
  }
}

// However short the time that a batch may take, it is tried once.
TEST(TimeFault, a_batch_that_may_not_age_is_tried_all_the_same) {
  for (const milliseconds time : {milliseconds::min(), milliseconds{0}}) {
    FaultServer server;
    Options options = options_for(server.url());
    options.retry.max_age = time;
    Tracer tracer{options};
    trace_numbers(tracer, 0, 10);
    EXPECT_TRUE(tracer.flush(20s));
    EXPECT_TRUE(holds_exactly(server.oracle(), 10));
    server.enqueue(reply(503));
    trace_numbers(tracer, 10, 10);
    EXPECT_FALSE(tracer.flush(20s));
    EXPECT_EQ(tracer.stats().exporters.at(0).dropped.expired, 10U);
    EXPECT_TRUE(tracer.close());
    EXPECT_TRUE(balanced(tracer.stats()));
  }
}

}  // namespace
}  // namespace llmtrace::testing_support
