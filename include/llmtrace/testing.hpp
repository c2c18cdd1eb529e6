// For tests of programs that trace: an exporter that keeps what it gets, a clock that stands until told, ids
// that count.
#pragma once

#include <llmtrace/exporter.hpp>
#include <llmtrace/tracer.hpp>

#include <atomic>
#include <mutex>

LLMTRACE_BEGIN_NAMESPACE

// Keeps every span and trace header. Thread-safe; flush the tracer before looking.
class MemoryExporter final : public Exporter {
 public:
  bool export_batch(const std::vector<SpanData>& spans, const std::vector<TraceData>& traces) override {
    const std::lock_guard<std::mutex> lock{mutex_};
    spans_.insert(spans_.end(), spans.begin(), spans.end());
    traces_.insert(traces_.end(), traces.begin(), traces.end());
    return true;
  }
  [[nodiscard]] std::string name() const override { return "memory"; }

  [[nodiscard]] std::vector<SpanData> spans() const {
    const std::lock_guard<std::mutex> lock{mutex_};
    return spans_;
  }
  [[nodiscard]] std::vector<TraceData> traces() const {
    const std::lock_guard<std::mutex> lock{mutex_};
    return traces_;
  }
  // The first span of that name; nothing when there is none.
  [[nodiscard]] std::optional<SpanData> span(Text name) const {
    const std::lock_guard<std::mutex> lock{mutex_};
    for (const SpanData& one : spans_)
      if (one.name == name) return one;
    return std::nullopt;
  }
  // The last header of the trace of that name.
  [[nodiscard]] std::optional<TraceData> trace(Text name) const {
    const std::lock_guard<std::mutex> lock{mutex_};
    std::optional<TraceData> last;
    for (const TraceData& one : traces_)
      if (one.name == name) last = one;
    return last;
  }
  void clear() {
    const std::lock_guard<std::mutex> lock{mutex_};
    spans_.clear();
    traces_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<SpanData> spans_;
  std::vector<TraceData> traces_;
};

// Stands still until advance().
class FakeClock final : public Clock {
 public:
  // 2026-01-01T00:00:00Z.
  explicit FakeClock(std::int64_t wall = 1'767'225'600'000'000'000) noexcept : wall_offset_{wall} {}
  [[nodiscard]] std::int64_t now() noexcept override { return now_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t wall() noexcept override {
    return now() + wall_offset_.load(std::memory_order_relaxed);
  }
  void advance(std::chrono::nanoseconds by) noexcept {
    now_.fetch_add(by.count(), std::memory_order_relaxed);
  }
  // As when somebody sets the machine's clock.
  void step_wall(std::chrono::nanoseconds by) noexcept {
    wall_offset_.fetch_add(by.count(), std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> now_{1'000'000'000};
  std::atomic<std::int64_t> wall_offset_;
};

// 1, 2, 3, …
class SequentialIds final : public IdSource {
 public:
  [[nodiscard]] std::uint64_t next() noexcept override {
    return last_.fetch_add(1, std::memory_order_relaxed) + 1;
  }

 private:
  std::atomic<std::uint64_t> last_{0};
};

// Options for a test: this exporter alone, no environment, no waiting.
inline Options test_options(std::shared_ptr<MemoryExporter> exporter) {
  Options made;
  made.exporters = {std::move(exporter)};
  made.read_environment = false;
  return made;
}

LLMTRACE_END_NAMESPACE
