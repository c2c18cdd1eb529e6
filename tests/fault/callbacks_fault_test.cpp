// Row 15: what a host's own code does when we call it.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"
#include <llmtrace/testing.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

// Runs what might hang, and says so instead.
template <class Run>
void must_end(Run run) {
  auto done = std::make_shared<std::promise<void>>();
  auto end = done->get_future();
  std::thread{[run, done] {
    run();
    done->set_value();
  }}.detach();
  ASSERT_EQ(end.wait_for(60s), std::future_status::ready) << "hangs";
}

TEST(OnErrorFault, that_traces_logs_and_throws_is_called_and_does_no_harm) {
  FaultServer server;
  server.enqueue(reply(503));
  server.enqueue(html_page());
  std::atomic<int> calls{0};
  Options options = options_for(server.url());
  options.on_error = [&calls](const Diagnostic& told) {
    ++calls;
    trace_number(1000 + calls);
    static_cast<void>(Tracer::get().stats());
    static_cast<void>(Tracer::get().enabled());
    throw std::runtime_error{told.message};
  };
  const auto guard = Tracer::init(options);
  trace_numbers(0, 10);
  EXPECT_TRUE(Tracer::get().flush(20s));
  EXPECT_TRUE(Tracer::get().flush(20s));
  EXPECT_TRUE(Tracer::get().close(20s));
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(balanced(Tracer::get().stats()));
  EXPECT_TRUE(holds_only_whole(server.oracle()));
  EXPECT_EQ(arrived(server.oracle()).numbers.size(), 12U);
}

// A call into the tracer from its own callback used to wait for a lock of its own thread.
TEST(OnErrorFault, may_call_the_tracer_that_is_being_started) {
  must_end([] {
    int calls = 0;
    Options options = options_for("no url");
    options.on_error = [&calls](const Diagnostic&) {
      ++calls;
      EXPECT_TRUE(Tracer::get().close(1s));
      EXPECT_TRUE(Tracer::get().flush(1s));
      static_cast<void>(Tracer::get().stats());
      Options again = options_for("still no url");
      static_cast<void>(static_cast<bool>(Tracer::init(again)));
      trace_number(0);
    };
    const auto guard = Tracer::init(options);
    EXPECT_FALSE(guard);
    EXPECT_EQ(calls, 1);
  });
}

TEST(OnErrorFault, may_start_a_tracer_with_better_settings) {
  FaultServer server;
  must_end([&server] {
    Options good = options_for(server.url());
    Options wrong = options_for("no url");
    wrong.on_error = [&good](const Diagnostic&) {
      static auto guard = Tracer::init(good);
      EXPECT_TRUE(guard);
    };
    EXPECT_FALSE(Tracer::init(wrong));
    trace_numbers(0, 10);
    EXPECT_TRUE(Tracer::get().close(20s));
  });
  EXPECT_TRUE(balanced(Tracer::get().stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 10));
}

// The worker calls; the host waits for the worker.
TEST(OnErrorFault, of_the_worker_may_flush_and_close) {
  must_end([] {
    FaultServer server;
    server.otherwise(reply(403));
    std::atomic<int> calls{0};
    Options options = options_for(server.url());
    options.on_error = [&calls](const Diagnostic&) {
      ++calls;
      EXPECT_FALSE(Tracer::get().flush(5s));
      EXPECT_FALSE(Tracer::get().close(5s));
    };
    const auto guard = Tracer::init(options);
    trace_numbers(0, 10);
    EXPECT_FALSE(Tracer::get().flush(5s));
    EXPECT_FALSE(Tracer::get().stats().exporters.empty());
    EXPECT_TRUE(Tracer::get().close(5s));
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(balanced(Tracer::get().stats()));
  });
}

TEST(OnErrorFault, on_stderr_is_one_line_however_often_it_happens) {
  FaultServer server;
  server.otherwise(reply(403));
  Options options = options_for(server.url());
  options.on_error = nullptr;
  ::testing::internal::CaptureStderr();
  {
    Tracer tracer{options};
    for (int i = 0; i < 20; ++i) {
      trace_numbers(tracer, i * 10, 10);
      EXPECT_FALSE(tracer.flush(20s));
    }
    tracer.close(1s);
    EXPECT_TRUE(balanced(tracer.stats()));
  }
  const std::string written = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 1) << written;
}

// --- exporters

class Tracing final : public Exporter {
 public:
  explicit Tracing(const Tracer*& tracer) : tracer_{tracer} {}
  bool export_batch(const std::vector<SpanData>& spans, const std::vector<TraceData>&) override {
    count += spans.size();
    if (tracer_ == nullptr) return true;
    trace_number(*tracer_, 5);
    static_cast<void>(tracer_->stats());
    if (count > 100) throw std::runtime_error{"enough"};
    return true;
  }
  std::atomic<std::size_t> count{0};

 private:
  const Tracer*& tracer_;
};

TEST(ExporterFault, that_traces_flushes_and_throws_stays_within_its_books) {
  const Tracer* traced = nullptr;
  const auto exporter = std::make_shared<Tracing>(traced);
  Options options = options_for("");
  options.exporter.clear();
  options.exporters = {exporter};
  Tracer tracer{options};
  traced = &tracer;
  for (int i = 0; i < 20; ++i) {
    trace_numbers(tracer, 0, 10);
    static_cast<void>(tracer.flush(5s));
  }
  tracer.close(10s);
  const Stats stats = tracer.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(stats.exporters.at(0).acknowledged + stats.exporters.at(0).dropped.rejected, exporter->count);
  EXPECT_GT(stats.exporters.at(0).dropped.rejected, 0U);
}

// They may come from a module that is unloaded next, and their destructors may call us.
TEST(ExporterFault, is_let_go_with_all_that_the_host_gave_when_its_tracer_closes) {
  struct ClosesAsItDies {
    ~ClosesAsItDies() { EXPECT_TRUE(Tracer::get().close(1s)); }
  };
  must_end([] {
    const auto exporter = std::make_shared<MemoryExporter>();
    const std::weak_ptr<MemoryExporter> exporter_of_tracer = exporter;
    std::weak_ptr<ClosesAsItDies> held_by_callback;
    {
      auto captured = std::make_shared<ClosesAsItDies>();
      held_by_callback = captured;
      Options options = test_options(exporter);
      options.on_error = [captured](const Diagnostic&) {};
      const auto guard = Tracer::init(options);
      trace_numbers(0, 10);
      captured.reset();
      options = {};
      EXPECT_FALSE(held_by_callback.expired());
      EXPECT_TRUE(Tracer::get().close(10s));
    }
    EXPECT_TRUE(held_by_callback.expired());
    EXPECT_EQ(exporter_of_tracer.use_count(), 1);
    EXPECT_EQ(exporter->spans().size(), 10U);
    EXPECT_TRUE(balanced(Tracer::get().stats()));
  });
}

TEST(ExporterFault, cannot_wait_for_itself) {
  must_end([] {
    class Closing final : public Exporter {
     public:
      bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override {
        EXPECT_FALSE(Tracer::get().flush(5s));
        EXPECT_FALSE(Tracer::get().close(5s));
        return true;
      }
    };
    Options options = options_for("");
    options.exporter.clear();
    options.exporters = {std::make_shared<Closing>()};
    const auto guard = Tracer::init(options);
    trace_numbers(0, 10);
    EXPECT_TRUE(Tracer::get().flush(5s));
    EXPECT_TRUE(Tracer::get().close(5s));
    EXPECT_TRUE(balanced(Tracer::get().stats()));
  });
}

}  // namespace
}  // namespace llmtrace::testing_support
