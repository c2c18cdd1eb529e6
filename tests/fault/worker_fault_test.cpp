// Row 8, and what the worker must never take from its host: a worker that does not start or dies, signals,
// file sizes.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"
#include "support/temporary_directory.hpp"
#include <llmtrace/exporter.hpp>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

Variables failing_threads(const char* which) {
  return {{"LD_PRELOAD", beside_this_program("llmtrace_failing_threads.so")},
          {"LLMTRACE_FAILING_THREAD", which}};
}

TEST(WorkerFault, turns_tracing_off_with_one_warning_when_it_cannot_start) {
  FaultServer server;
  const Ended ended = run_host({"threads_cannot_start", server.url(), "0"}, failing_threads("0"));
  ASSERT_TRUE(ended_well(ended));
  EXPECT_EQ(ended.number("warnings"), 2) << "one for each init\n" << ended.story();
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("started"), 0);
  EXPECT_EQ(server.oracle().request_count(), 0U);
}

// The workers that did start used to run on, over a journal that was gone.
TEST(WorkerFault, stops_the_workers_that_did_start_when_another_cannot) {
  for (const char* failing : {"1", "2", "3", "4"}) {
    FaultServer server;
    const Ended ended = run_host({"one_thread_cannot_start", server.url(), "3"}, failing_threads(failing));
    EXPECT_TRUE(ended_well(ended));
    EXPECT_TRUE(balanced(ended));
    EXPECT_EQ(ended.number("started"), 10) << ended.story();
    EXPECT_TRUE(holds_exactly(server.oracle(), 10));
  }
}

TEST(WorkerFault, is_reported_when_it_dies) {
  FaultServer server;
  const Ended ended = run_host({"exporter_ends_its_thread", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_GE(ended.number("reports"), 1);
  EXPECT_NE(ended.errors.find("leaving"), std::string::npos) << ended.errors;
}

TEST(WorkerFault, leaves_all_signals_to_the_host) {
  FaultServer server;
  const Ended ended = run_host({"signals_are_blocked", server.url()});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("workers"), 1 + 1);
  EXPECT_EQ(ended.number("unblocked"), 0);
  EXPECT_EQ(ended.number("own_mask_is_empty"), 1);
}

TEST(WorkerFault, survives_a_limit_of_the_file_size) {
  const TemporaryDirectory directory;
  const Ended ended = run_host({"file_size_limit", directory.file("spans.jsonl")});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_GT(ended.number("acknowledged"), 0);
  EXPECT_GT(ended.number("rejected"), 0);
  EXPECT_EQ(ended.number("warnings"), 1);
  const std::string text = contents(directory.file("spans.jsonl"));
  ASSERT_FALSE(text.empty());
  EXPECT_EQ(text.back(), '\n') << "a torn line";
}

TEST(WorkerFault, in_an_exporter_that_blocks_delays_nobody_else) {
  FaultServer server;
  class Blocking final : public Exporter {
   public:
    bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override {
      std::unique_lock lock{mutex};
      changed.wait(lock, [this] { return released; });
      return true;
    }
    std::mutex mutex;
    std::condition_variable changed;
    bool released = false;
  };
  const auto blocking = std::make_shared<Blocking>();
  Options options = options_for(server.url());
  options.exporters = {blocking};
  Tracer tracer{options};
  trace_numbers(tracer, 0, 100);
  EXPECT_FALSE(tracer.flush(100ms));
  ASSERT_TRUE(
      server.oracle().wait_for([](const Oracle& oracle) { return oracle.committed_spans() == 100; }, soon()));
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_FALSE(tracer.close(100ms));
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 100));
  const std::lock_guard lock{blocking->mutex};
  blocking->released = true;
  blocking->changed.notify_all();
}

}  // namespace
}  // namespace llmtrace::testing_support
