// Row 2: close() in its own right: again, beside others, on many threads, and what it leaves behind.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"
#include <llmtrace/exporter.hpp>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

// Holds its worker in export_batch() until the test lets it go.
class Gate final : public Exporter {
 public:
  bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return open_; });
    return true;
  }
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

Options options_of(std::shared_ptr<Exporter> exporter) {
  Options options = options_for("");
  options.exporter.clear();
  options.exporters = {std::move(exporter)};
  return options;
}

Options inert_options() {
  Options options = options_for("");
  options.exporter = "none";
  return options;
}

// A tracer whose close() is under way, on a thread of its own, until the gate opens.
class RunningClose {
 public:
  RunningClose() : tracer_{options_of(gate_)} {
    trace_number(tracer_, 0);
    closer_ = std::thread{[this] {
      clean_ = tracer_.close(60s);
      done_ = true;
    }};
    while (tracer_.enabled()) std::this_thread::yield();
  }
  RunningClose(const RunningClose&) = delete;
  RunningClose& operator=(const RunningClose&) = delete;
  ~RunningClose() { finish(); }

  [[nodiscard]] bool is_under_way() const { return !done_; }
  [[nodiscard]] Tracer& tracer() { return tracer_; }
  void open() { gate_->open(); }
  // Whether it was clean.
  bool finish() {
    open();
    if (closer_.joinable()) closer_.join();
    return clean_;
  }

 private:
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  Tracer tracer_;
  std::atomic<bool> done_{false};
  std::atomic<bool> clean_{false};
  std::thread closer_;
};

// Everything below used to wait until the other close was done.
TEST(CloseFault, lets_other_tracers_start_and_close_beside_it) {
  RunningClose other;
  {
    Tracer beside{inert_options()};
    EXPECT_TRUE(beside.enabled());
    trace_number(beside, 1);
    EXPECT_TRUE(beside.close(0ms));
    EXPECT_TRUE(balanced(beside.stats()));
    const auto guard = Tracer::init(inert_options());
    EXPECT_TRUE(guard);
  }
  EXPECT_TRUE(other.is_under_way());
  EXPECT_TRUE(other.finish());
}

// The second one used to wait for the first, and then said that all was well.
TEST(CloseFault, of_the_same_tracer_waits_for_the_first_no_longer_than_it_may) {
  RunningClose first;
  EXPECT_FALSE(first.tracer().close(1ms));
  EXPECT_TRUE(first.is_under_way());
  EXPECT_TRUE(first.finish());
  EXPECT_TRUE(first.tracer().close(0ms));
  EXPECT_TRUE(balanced(first.tracer().stats()));
}

TEST(CloseFault, of_the_same_tracer_says_how_the_first_one_ended) {
  RunningClose first;
  std::atomic<bool> clean{false};
  std::thread second{[&] { clean = first.tracer().close(60s); }};
  first.open();
  second.join();
  EXPECT_TRUE(clean);
}

// So did a second one of the default tracer: at once, while the first was still at work.
TEST(CloseFault, of_the_default_tracer_waits_for_the_one_under_way) {
  const auto gate = std::make_shared<Gate>();
  auto guard = Tracer::init(options_of(gate));
  trace_number(0);
  std::atomic<bool> clean{false};
  std::thread first{[&] { clean = guard.close(60s); }};
  while (Tracer::get().enabled()) std::this_thread::yield();
  EXPECT_FALSE(Tracer::get().close(1ms));
  EXPECT_FALSE(Tracer::get().flush(1ms)) << "nothing has arrived yet";
  gate->open();
  EXPECT_TRUE(Tracer::get().flush(60s));
  EXPECT_TRUE(Tracer::get().close(60s));
  first.join();
  EXPECT_TRUE(clean);
}

TEST(CloseFault, that_lost_something_says_so_when_it_is_asked_again) {
  const auto gate = std::make_shared<Gate>();
  Tracer tracer{options_of(gate)};
  trace_number(tracer, 0);
  EXPECT_FALSE(tracer.close(1ms));
  EXPECT_FALSE(tracer.close(0ms));
  EXPECT_TRUE(balanced(tracer.stats()));
  gate->open();
}

// What a tracer says as it closes comes on the closing thread, which used to wait for itself.
TEST(CloseFault, by_its_own_on_error_does_nothing) {
  Options options = options_of(std::make_shared<Gate>());
  options.tail.rate = 0;
  options.log = "info";
  Tracer* closing = nullptr;
  int said = 0;
  options.on_error = [&](const Diagnostic&) {
    ++said;
    EXPECT_FALSE(closing->close(60s));
  };
  Tracer tracer{options};
  closing = &tracer;
  EXPECT_TRUE(tracer.close());
  EXPECT_EQ(said, 1);
}

// A guard that outlives its session used to close the next one.
TEST(CloseFault, by_a_guard_touches_no_later_session) {
  auto first = std::make_unique<TracerGuard>(Tracer::init(inert_options()));
  ASSERT_TRUE(Tracer::get().close());
  const auto second = Tracer::init(inert_options());
  ASSERT_TRUE(second);
  EXPECT_TRUE(first->flush(0ms));
  EXPECT_TRUE(first->close());
  first.reset();
  EXPECT_TRUE(Tracer::get().enabled());
  trace_number(0);
  EXPECT_EQ(second.stats().started, 1U);
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {});
}

// Closed tracers used to keep their descriptors: 85 of them were all that a limit of 256 allows.
TEST(CloseFault, gives_back_all_descriptors) {
  const auto use_one = [](const std::string& url) {
    Options options = options_for(url);
    options.exporters = {std::make_shared<Gate>()};
    Tracer tracer{options};
    ASSERT_TRUE(tracer.enabled());
    tracer.close(10s);
  };
  const std::string url = url_of_port(refused_port());
  use_one(url);
  const auto before = open_descriptors();
  for (int i = 0; i < 10; ++i) use_one(url);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(CloseFault, gives_back_connections_and_files) {
  FaultServer server;
  const Ended ended = run_host({"descriptors_of_closed_tracers", server.url(), "20"});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("leaked_descriptors"), 0);
  EXPECT_TRUE(holds_exactly(server.oracle(), 20));
}

TEST(CloseFault, interrupts_a_back_off) {
  FaultServer server;
  server.enqueue(reply(503, {{"Retry-After", "30"}}));
  Options options = options_for(server.url());
  options.live = false;
  Tracer tracer{options};
  trace_numbers(tracer, 0, 20);
  ASSERT_TRUE(
      server.oracle().wait_for([](const Oracle& oracle) { return oracle.request_count() == 1; }, soon()))
      << server.oracle().request_count() << " requests\n"
      << text_of(tracer.stats());
  EXPECT_TRUE(tracer.close(10s));  // one more try, now
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 20));
}

TEST(CloseFault, is_harmless_the_second_time) {
  FaultServer server;
  Tracer tracer{options_for(server.url())};
  trace_number(tracer, 0);
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(tracer.close(0ms));
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 1));
}

TEST(CloseFault, may_be_called_by_many_threads_at_once) {
  FaultServer server;
  for (int i = 0; i < 20; ++i) {
    Tracer tracer{options_for(server.url())};
    trace_number(tracer, i);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] { EXPECT_TRUE(tracer.close()) << text_of(tracer.stats()); });
    for (auto& thread : threads) thread.join();
    ASSERT_TRUE(balanced(tracer.stats()));
  }
  EXPECT_TRUE(holds_exactly(server.oracle(), 20));
}

TEST(CloseFault, allows_to_start_again_as_often_as_one_likes) {
  FaultServer server;
  for (int i = 0; i < times(100, 1000); ++i) {
    const auto guard = Tracer::init(options_for(server.url()));
    ASSERT_TRUE(guard);
    trace_numbers(i * 3, 3);
    if (i % 2 == 0) {
      ASSERT_TRUE(Tracer::get().close());
      ASSERT_TRUE(balanced(Tracer::get().stats()));
    }
  }
  EXPECT_TRUE(holds_exactly(server.oracle(), times(100, 1000) * 3));
}

// A tracer that is used after its close() must not write into the one that got its place.
TEST(CloseFault, keeps_a_closed_tracer_apart_from_the_next_one) {
  FaultServer server;
  Tracer closed{options_for(server.url())};
  ASSERT_TRUE(closed.close());
  Tracer next{options_for(server.url())};
  trace_number(closed, 7);
  trace_number(next, 0);
  EXPECT_FALSE(closed.enabled());
  EXPECT_TRUE(next.close());
  EXPECT_TRUE(closed.close());
  EXPECT_EQ(next.stats().started, 1U);
  EXPECT_TRUE(balanced(next.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 1));
}

}  // namespace
}  // namespace llmtrace::testing_support
