// Everything a tracer is beside its hot part: settings, journal, lanes, books, and the life cycle that joins
// them. There is one for each shell of a TracerCore; it is used again for the next tracer, and freed only
// with the module.
#pragma once

#include "export/lanes.hpp"
#include "journal/journal.hpp"
#include "runtime/config.hpp"
#include "runtime/core_state.hpp"
#include "runtime/reporter.hpp"
#include <llmtrace/context.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

namespace llmtrace::runtime {

using TimePoint = std::chrono::steady_clock::time_point;

// What the host gave us, and gets back without a lock being held: its destructors may call us.
struct HostObjects {
  std::function<void(const Diagnostic&)> on_error;
  std::vector<std::shared_ptr<Exporter>> exporters;
  std::shared_ptr<const privacy::Rules> hidden;  // with a hook in it
};

class TracerRuntime {
 public:
  explicit TracerRuntime(TracerCore& core) noexcept;
  ~TracerRuntime();
  TracerRuntime(const TracerRuntime&) = delete;
  TracerRuntime& operator=(const TracerRuntime&) = delete;

  // What is wrong when it cannot run, else null.
  [[nodiscard]] const char* start(Config config) noexcept;
  bool flush(TimePoint deadline) noexcept;
  // Flushes and stops, within one deadline; in two parts, so that several tracers can do so at the same time.
  // True when nothing was left over.
  void begin_close(TimePoint deadline) noexcept;
  [[nodiscard]] bool finish_close(TimePoint deadline) noexcept;
  // A close that is under way on another thread may take no longer than this. Waits for nothing.
  void hasten_close(TimePoint deadline) noexcept;
  // After the close, if nothing runs any more; later the module may be gone that they came from.
  [[nodiscard]] HostObjects take_host_objects() noexcept;
  [[nodiscard]] Stats stats();
  void report(Diagnostic::Level level, std::string_view kind, std::string_view message) noexcept;

  [[nodiscard]] std::chrono::milliseconds shutdown_timeout() const noexcept {
    return config_.shutdown_timeout;
  }
  [[nodiscard]] std::size_t open_span_limit() const noexcept { return config_.open_spans; }
  [[nodiscard]] std::int64_t custom_wall() const noexcept {
    return config_.clock ? config_.clock->wall() : 0;
  }
  // May be given to another tracer: nothing of the last one runs any more.
  [[nodiscard]] bool reusable() const noexcept { return reusable_; }
  [[nodiscard]] bool is_worker_thread() noexcept;

  // Slow paths of the host's threads.
  [[nodiscard]] journal::Reserve reserve(std::uint32_t need, detail::Reservation& out) noexcept;
  void wake() noexcept;
  [[nodiscard]] bool sample(TraceId id, std::string_view name, SpanKind kind) const noexcept;
  [[nodiscard]] detail::Books*& books() noexcept { return books_; }
  [[nodiscard]] detail::Books& shared_books() noexcept { return shared_books_; }

  // Fork: before() in the parent, then one of the others.
  void before_fork() noexcept;
  void after_fork_in_parent() noexcept;
  void after_fork_in_child() noexcept;

 private:
  [[nodiscard]] bool start_journal() noexcept;
  [[nodiscard]] bool start_lanes() noexcept;
  void start_lanes_in_child() noexcept;
  void wait_for_lane_start() noexcept;
  void configure_core() noexcept;
  void set_process_parent() noexcept;
  void stop_lanes(TimePoint deadline) noexcept;
  void report_not_kept() noexcept;
  void add_books_to(Stats& stats) noexcept;
  [[nodiscard]] std::vector<ExporterStats> exporter_stats();

  TracerCore& core_;
  Config config_;
  Reporter reporter_;
  SpanContext process_parent_;  // until the shell's next tracer: spans of any thread may refer to it
  journal::AnonymousMemory memory_;
  journal::Journal journal_;
  detail::Books* books_ = nullptr;         // guarded by core_mutex
  detail::Books shared_books_;             // of threads that cannot have a page; under core_mutex
  detail::Books* worker_books_ = nullptr;  // for what lanes find out: torn records; under the journal's mutex
  using Lanes = std::vector<std::unique_ptr<exporting::Lane>>;
  [[nodiscard]] const Lanes& lanes() const noexcept { return *lanes_.load(std::memory_order_acquire); }

  const Lanes no_lanes_;
  std::atomic<const Lanes*> lanes_{&no_lanes_};
  // Lanes of the tracer before this one: a thread that was on its way to wake them may still arrive.
  std::unique_ptr<const Lanes> current_lanes_;
  std::unique_ptr<const Lanes> previous_lanes_;
  // In a forked child lanes are started when its first span ends.
  enum class LaneStart : std::uint8_t { done, wanted, under_way };
  std::atomic<LaneStart> lane_start_{LaneStart::done};
  bool reusable_ = true;
};

[[nodiscard]] inline TracerRuntime& runtime_of(const TracerCore& tracer) noexcept {
  return *static_cast<TracerRuntime*>(tracer.runtime);
}

// Σ over the books. With core_mutex held.
[[nodiscard]] std::uint64_t open_spans(TracerCore& tracer) noexcept;

}  // namespace llmtrace::runtime
