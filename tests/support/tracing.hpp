#pragma once

#include <llmtrace/testing.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace llmtrace {

// What a failing expectation shows of the books.
inline void PrintTo(const Stats& stats, std::ostream* out) {
  const DroppedBefore& before = stats.dropped_before;
  *out << "started " << stats.started << " open " << stats.open << " ended " << stats.ended << " full "
       << before.journal_full << " large " << before.too_large << " limit " << before.open_span_limit
       << " memory " << before.out_of_memory << " torn " << before.torn << " sampled " << before.sampled_out
       << " shutdown " << before.shutdown;
  for (const ExporterStats& one : stats.exporters)
    *out << "\n  " << one.name << ": acknowledged " << one.acknowledged << " queued " << one.queued
         << " rejected " << one.dropped.rejected << " expired " << one.dropped.expired << " lagging "
         << one.dropped.exporter_lagging << " memory " << one.dropped.out_of_memory << " shutdown "
         << one.dropped.shutdown;
}

}  // namespace llmtrace

namespace llmtrace::testing_support {

inline ::testing::AssertionResult balanced(const Stats& stats) {
  if (stats.balanced()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << ::testing::PrintToString(stats);
}

// Collects what a tracer has to say. Any thread.
class Diagnostics {
 public:
  [[nodiscard]] std::function<void(const Diagnostic&)> listener() const {
    return [said = said_](const Diagnostic& diagnostic) {
      const std::lock_guard lock{said->mutex};
      said->all.push_back(diagnostic);
    };
  }
  [[nodiscard]] std::vector<Diagnostic> all() const {
    const std::lock_guard lock{said_->mutex};
    return said_->all;
  }
  [[nodiscard]] std::vector<std::string> messages() const {
    std::vector<std::string> messages;
    for (const Diagnostic& one : all()) messages.push_back(one.message);
    return messages;
  }

 private:
  struct Said {
    std::mutex mutex;
    std::vector<Diagnostic> all;
  };
  std::shared_ptr<Said> said_ = std::make_shared<Said>();
};

// The default tracer for one test, over a MemoryExporter, a clock that stands and ids that count. Its books
// are checked when it goes.
class Tracing {
 public:
  using Adjust = std::function<void(Options&)>;

  explicit Tracing(const Adjust& adjust = {}) : guard_{Tracer::init(make_options(adjust))} {
    EXPECT_TRUE(guard_) << "the tracer did not start";
  }
  Tracing(const Tracing&) = delete;
  Tracing& operator=(const Tracing&) = delete;
  ~Tracing() { finish(); }

  void finish() {
    if (!guard_) return;
    EXPECT_TRUE(guard_.close(std::chrono::seconds{20}));
    EXPECT_TRUE(balanced(stats()));
  }

  // What has ended so far.
  [[nodiscard]] std::vector<SpanData> spans() {
    flush();
    return memory_->spans();
  }
  // Fails the test when there is none of that name.
  [[nodiscard]] SpanData span(const std::string& name) {
    flush();
    return found(memory_->span(name), name);
  }
  // The last header of the trace of that name.
  [[nodiscard]] TraceData trace(const std::string& name) {
    flush();
    return found(memory_->trace(name), name);
  }
  [[nodiscard]] std::vector<TraceData> traces() {
    flush();
    return memory_->traces();
  }
  void flush() { EXPECT_TRUE(!guard_ || guard_.flush(std::chrono::seconds{20})); }

  [[nodiscard]] Stats stats() const { return guard_.stats(); }
  [[nodiscard]] MemoryExporter& memory() { return *memory_; }
  [[nodiscard]] FakeClock& clock() { return *clock_; }
  [[nodiscard]] const Diagnostics& diagnostics() const { return diagnostics_; }

 private:
  Options make_options(const Adjust& adjust) const {
    Options options = test_options(memory_);
    options.clock = clock_;
    options.id_source = std::make_shared<SequentialIds>();
    options.on_error = diagnostics_.listener();
    if (adjust) adjust(options);
    return options;
  }

  template <class Data>
  static Data found(const std::optional<Data>& data, const std::string& name) {
    EXPECT_TRUE(data) << "nothing is named " << name;
    return data.value_or(Data{});
  }

  std::shared_ptr<MemoryExporter> memory_ = std::make_shared<MemoryExporter>();
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  Diagnostics diagnostics_;
  TracerGuard guard_;
};

}  // namespace llmtrace::testing_support
