#include "support/fault_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace llmtrace {
namespace {

using namespace std::chrono_literals;
using testing_support::balanced;
using testing_support::Diagnostics;
using testing_support::FaultServer;
using testing_support::TemporaryDirectory;

Options quiet_options(const Diagnostics& diagnostics) {
  Options options;
  options.read_environment = false;
  options.on_error = diagnostics.listener();
  return options;
}

const ExporterStats* find(const Stats& stats, const std::string& name) {
  for (const ExporterStats& one : stats.exporters)
    if (one.name.find(name) != std::string::npos) return &one;
  return nullptr;
}

void trace_some(int count) {
  for (int i = 0; i < count; ++i) {
    TraceScope trace{"t"};
    Span span{"s"};
    span.set("i", i);
  }
}

TEST(Exporters, several_at_once_have_books_of_their_own) {
  const TemporaryDirectory directory;
  FaultServer server;
  const Diagnostics diagnostics;
  const auto memory = std::make_shared<MemoryExporter>();
  Options options = quiet_options(diagnostics);
  options.url = server.url();
  options.exporter = "http, file:" + directory.file("spans.jsonl");
  options.exporters = {memory};
  TracerGuard guard = Tracer::init(options);
  ASSERT_TRUE(guard);
  trace_some(10);
  EXPECT_TRUE(guard.flush(20s));
  const Stats stats = guard.stats();
  ASSERT_EQ(stats.exporters.size(), 3U);
  for (const ExporterStats& one : stats.exporters) {
    EXPECT_EQ(one.acknowledged, 20U) << one.name;
    EXPECT_EQ(one.queued, 0U) << one.name;
  }
  EXPECT_TRUE(guard.close());
  EXPECT_TRUE(balanced(guard.stats()));
  EXPECT_EQ(server.oracle().committed_spans(), 20U);
  EXPECT_EQ(memory->spans().size(), 20U);
  std::istringstream lines{testing_support::contents(directory.file("spans.jsonl"))};
  std::size_t spans = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << line;
    spans += json.dump().find("span_type") != std::string::npos ? 1U : 0U;
  }
  EXPECT_EQ(spans, 20U);
}

// A flush used to ask the next exporter only when the time of the one before was over.
TEST(Exporters, a_service_that_is_away_delays_nobody_else) {
  const Diagnostics diagnostics;
  const auto memory = std::make_shared<MemoryExporter>();
  Options options = quiet_options(diagnostics);
  options.url = "http://127.0.0.1:1";
  options.exporter = "http";
  options.exporters = {memory};
  options.shutdown_timeout = 100ms;
  options.batch.flush_interval = 1h;
  TracerGuard guard = Tracer::init(options);
  trace_some(5);
  EXPECT_FALSE(guard.flush(0ms)) << "one of them has nothing acknowledged";
  while (memory->spans().size() < 10U) std::this_thread::yield();
  EXPECT_FALSE(guard.close());
  const Stats stats = guard.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(find(stats, "http")->dropped.shutdown, 10U);
  EXPECT_EQ(find(stats, "memory")->acknowledged, 10U);
}

TEST(Exporters, none_traces_and_sends_nowhere) {
  Options options;
  options.read_environment = false;
  options.exporter = "none";
  TracerGuard guard = Tracer::init(options);
  ASSERT_TRUE(guard);
  {
    Span span{"s"};
    EXPECT_TRUE(span.recording());
  }
  trace_some(50'000);
  EXPECT_TRUE(guard.flush());
  EXPECT_TRUE(guard.close());
  const Stats stats = guard.stats();
  EXPECT_EQ(stats.ended, 100'001U);
  EXPECT_TRUE(stats.exporters.empty());
  EXPECT_TRUE(balanced(stats));
}

TEST(Exporters, a_file_that_cannot_be_written_is_counted) {
  const Diagnostics diagnostics;
  Options options = quiet_options(diagnostics);
  options.exporter = "file:/nonexistent/directory/spans.jsonl";
  options.shutdown_timeout = 200ms;
  TracerGuard guard = Tracer::init(options);
  trace_some(3);
  guard.flush(200ms);
  guard.close();
  EXPECT_TRUE(balanced(guard.stats()));
  for (const ExporterStats& one : guard.stats().exporters) EXPECT_EQ(one.acknowledged, 0U);
  EXPECT_FALSE(diagnostics.all().empty());
}

TEST(Exporters, the_console_shows_a_tree) {
  Options options;
  options.read_environment = false;
  options.exporter = "console";
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  {
    TracerGuard guard = Tracer::init(options);
    TraceScope trace{"chat-request"};
    Span span{"gpt-call", SpanKind::llm};
    Usage usage;
    usage.input = 120;
    usage.output = 48;
    span.set_output("text \x1b[31m red", usage, 0.25);
  }
  const std::string shown =
      ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
  EXPECT_NE(shown.find("chat-request"), std::string::npos) << shown;
  EXPECT_NE(shown.find("gpt-call"), std::string::npos);
  EXPECT_NE(shown.find("120"), std::string::npos);
  EXPECT_EQ(shown.find("\x1b[31m red"), std::string::npos) << "the terminal is not the user's text's";
}

class ThrowingExporter final : public Exporter {
 public:
  bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override {
    throw std::runtime_error{"exporter trouble"};
  }
  [[nodiscard]] std::string name() const override { return "throwing"; }
};
class RefusingExporter final : public Exporter {
 public:
  bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override { return false; }
  [[nodiscard]] std::string name() const override { return "refusing"; }
};

TEST(UserExporters, what_they_throw_or_refuse_is_their_loss_alone) {
  const Diagnostics diagnostics;
  const auto memory = std::make_shared<MemoryExporter>();
  Options options = quiet_options(diagnostics);
  options.exporters = {std::make_shared<ThrowingExporter>(), memory, std::make_shared<RefusingExporter>()};
  TracerGuard guard = Tracer::init(options);
  trace_some(5);
  EXPECT_FALSE(guard.flush(20s));
  EXPECT_TRUE(guard.close());
  const Stats stats = guard.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(find(stats, "throwing")->dropped.rejected, 10U);
  EXPECT_EQ(find(stats, "refusing")->dropped.rejected, 10U);
  EXPECT_EQ(find(stats, "memory")->acknowledged, 10U);
  const auto said = diagnostics.messages();
  EXPECT_TRUE(std::any_of(said.begin(), said.end(), [](const std::string& one) {
    return one.find("exporter trouble") != std::string::npos;
  }));
}

// Stands in export_batch() until it is let go.
class SlowExporter final : public Exporter {
 public:
  bool export_batch(const std::vector<SpanData>& spans, const std::vector<TraceData>&) override {
    std::unique_lock lock{mutex_};
    entered_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, 20s, [this] { return released_; });
    seen_ += spans.size();
    return true;
  }
  [[nodiscard]] std::string name() const override { return "slow"; }
  bool wait_entered() {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, 20s, [this] { return entered_; });
  }
  void release() {
    const std::lock_guard lock{mutex_};
    released_ = true;
    changed_.notify_all();
  }
  std::size_t seen() {
    const std::lock_guard lock{mutex_};
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool entered_ = false;
  bool released_ = false;
  std::size_t seen_ = 0;
};

TEST(UserExporters, a_slow_one_stalls_nobody_and_loses_alone_what_it_lags) {
  const auto slow = std::make_shared<SlowExporter>();
  const auto memory = std::make_shared<MemoryExporter>();
  const Diagnostics diagnostics;
  Options options = quiet_options(diagnostics);
  options.exporters = {memory, slow};
  options.limits.memory = 256u << 10;
  TracerGuard guard = Tracer::init(options);
  { Span first{"first"}; }
  EXPECT_FALSE(guard.flush(1ms));
  ASSERT_TRUE(slow->wait_entered());
  std::uint64_t ended = 0;
  while (find(guard.stats(), "slow")->dropped.exporter_lagging == 0 && ended < 200'000) {
    for (int i = 0; i < 50; ++i, ++ended) {
      Span span{"s"};
      span.set_output(std::string(1000, 'x'));
    }
    static_cast<void>(guard.flush(1ms));
  }
  EXPECT_TRUE(balanced(guard.stats()));
  EXPECT_GT(find(guard.stats(), "slow")->dropped.exporter_lagging, 0U);
  EXPECT_EQ(find(guard.stats(), "memory")->dropped.exporter_lagging, 0U);
  slow->release();
  EXPECT_TRUE(guard.close(20s));
  const Stats stats = guard.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(find(stats, "memory")->acknowledged, stats.ended);
  EXPECT_EQ(find(stats, "slow")->acknowledged, slow->seen());
  EXPECT_EQ(find(stats, "slow")->acknowledged + find(stats, "slow")->dropped.exporter_lagging, stats.ended);
}

TEST(UserExporters, when_the_only_one_is_slow_the_newest_spans_are_dropped) {
  const auto slow = std::make_shared<SlowExporter>();
  const Diagnostics diagnostics;
  Options options = quiet_options(diagnostics);
  options.exporters = {slow};
  options.limits.memory = 256u << 10;
  TracerGuard guard = Tracer::init(options);
  { Span first{"first"}; }
  EXPECT_FALSE(guard.flush(1ms));
  ASSERT_TRUE(slow->wait_entered());
  constexpr std::uint64_t count = 2000;
  for (std::uint64_t i = 0; i < count; ++i) Span{"s"}.set_output(std::string(1000, 'x'));
  EXPECT_TRUE(balanced(guard.stats()));
  EXPECT_GT(guard.stats().dropped_before.journal_full, 0U);
  slow->release();
  EXPECT_TRUE(guard.flush(20s));
  { Span again{"again"}; }
  EXPECT_TRUE(guard.close(20s));
  const Stats stats = guard.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(stats.started, count + 2);
  EXPECT_EQ(stats.ended, slow->seen());
  EXPECT_EQ(stats.exporters[0].dropped.sum(), 0U);
}

TEST(UserExporters, one_that_never_comes_back_costs_no_more_than_the_budget) {
  const auto slow = std::make_shared<SlowExporter>();
  const Diagnostics diagnostics;
  Options options = quiet_options(diagnostics);
  options.exporters = {slow};
  TracerGuard guard = Tracer::init(options);
  { Span span{"s"}; }
  EXPECT_FALSE(guard.flush(1ms));
  ASSERT_TRUE(slow->wait_entered());
  { Span span{"behind"}; }
  EXPECT_FALSE(guard.close(50ms));
  const Stats stats = guard.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(stats.exporters[0].dropped.shutdown, 2U);
  slow->release();
  Options next = quiet_options(diagnostics);
  const auto memory = std::make_shared<MemoryExporter>();
  next.exporters = {memory};
  TracerGuard again = Tracer::init(next);
  EXPECT_TRUE(again);
  { Span span{"again"}; }
  EXPECT_TRUE(again.close());
  EXPECT_EQ(memory->spans().size(), 1U);
}

// Traces, asks for the books and flushes out of its own export_batch().
class CuriousExporter final : public Exporter {
 public:
  bool export_batch(const std::vector<SpanData>& spans, const std::vector<TraceData>&) override {
    if (spans.empty() || !Tracer::get().enabled()) return true;
    EXPECT_TRUE(balanced(Tracer::get().stats()));
    EXPECT_FALSE(Tracer::get().flush(10s)) << "it cannot wait for itself";
    if (!traced_) {
      traced_ = true;
      Span span{"of the exporter"};
    }
    return true;
  }

 private:
  bool traced_ = false;
};

TEST(UserExporters, may_use_the_tracer_that_calls_them) {
  const Diagnostics diagnostics;
  Options options = quiet_options(diagnostics);
  options.exporters = {std::make_shared<CuriousExporter>()};
  TracerGuard guard = Tracer::init(options);
  trace_some(3);
  EXPECT_TRUE(guard.flush(20s));
  EXPECT_TRUE(guard.close(20s));
  EXPECT_TRUE(balanced(guard.stats()));
  EXPECT_EQ(guard.stats().started, 7U);
}

TEST(UserExporters, one_that_is_null_is_ignored) {
  const Diagnostics diagnostics;
  const auto memory = std::make_shared<MemoryExporter>();
  Options options = quiet_options(diagnostics);
  options.exporters = {nullptr, memory};
  TracerGuard guard = Tracer::init(options);
  trace_some(1);
  EXPECT_TRUE(guard.close());
  EXPECT_TRUE(balanced(guard.stats()));
  EXPECT_EQ(memory->spans().size(), 2U);
  EXPECT_EQ(diagnostics.messages().size(), 1U);
}

}  // namespace
}  // namespace llmtrace
