// One thread and the exporters that it runs. The exporters of the library share a lane; each exporter of a
// user has one of its own, so that it can stall nobody.
#pragma once

#include "core/clock_map.hpp"
#include "export/exporter_task.hpp"
#include "export/waiter.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace llmtrace::exporting {

struct LaneOptions {
  std::chrono::milliseconds flush_interval{1000};
  std::uint32_t eager_bytes = 192u << 10;  // this much unread is sent without waiting for the interval
  bool tends_journal = false;              // keeps segments ready and trims them
};

class Lane {
 public:
  using TimePoint = Sink::TimePoint;
  using ReadClock = core::ClockMap::Reading (*)(void* context) noexcept;

  Lane(journal::Journal& journal, std::unique_ptr<Waiter> waiter, const LaneOptions& options,
       ReadClock read_clock, void* clock_context) noexcept;
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Before start().
  void set_clock(const core::ClockMap& clock) noexcept { clock_ = clock; }
  [[nodiscard]] const core::ClockMap& clock() const noexcept { return clock_; }
  ExporterTask& add(std::unique_ptr<ExporterTask> task);
  // Called, with the name of an exporter, on a thread that ends before its time.
  using Died = std::function<void(std::string_view exporter)>;
  void set_died(Died died) noexcept { died_ = std::move(died); }
  [[nodiscard]] bool start() noexcept;

  // Any thread. Costs a load when the lane is awake already.
  void wake() noexcept;
  // Makes all its exporters send what is there.
  void request_flush() noexcept;
  bool flush(const journal::Position& target, TimePoint deadline) noexcept;
  // Begins the end; wait_stopped() is true when the thread has left our code and was joined by then. Of
  // several deadlines the first one holds: a process that exits may have less time than a close under way.
  void stop(TimePoint deadline) noexcept;
  [[nodiscard]] bool wait_stopped(TimePoint deadline) noexcept;
  void abandon_rest() noexcept;
  // Nobody will wait for the thread any more.
  void let_run() noexcept;
  [[nodiscard]] bool is_this_thread() const noexcept;
  // Whether the calling thread is that of some lane.
  [[nodiscard]] static bool is_any_lane() noexcept;

  [[nodiscard]] const std::vector<std::unique_ptr<ExporterTask>>& tasks() const noexcept { return tasks_; }

 private:
  class Leaving;

  void run();
  void run_until_stopped();
  void finish();
  void leave(bool finished) noexcept;
  void report_death() noexcept;
  void ring() noexcept;
  void give_back() noexcept;
  [[nodiscard]] TimePoint stop_deadline() noexcept;
  void request_sending(TimePoint now) noexcept;
  [[nodiscard]] bool step_all(TimePoint now);
  void wait(TimePoint now) noexcept;
  [[nodiscard]] bool is_plenty_unread() noexcept;

  journal::Journal& journal_;
  std::unique_ptr<Waiter> waiter_;
  const LaneOptions options_;
  const ReadClock read_clock_;
  void* const clock_context_;
  core::ClockMap clock_;
  std::vector<std::unique_ptr<ExporterTask>> tasks_;
  TimePoint next_flush_{};  // the lane's thread
  Died died_;

  std::atomic<bool> asleep_{false};
  std::atomic<int> ringing_{0};      // threads that are waking the lane at this moment
  std::atomic<bool> silent_{false};  // there is nothing left to be woken
  std::atomic<bool> flush_requested_{false};
  std::atomic<std::thread::id> id_{};  // the thread's own word: `thread_` is set only after it runs
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  bool has_stopped_ = false;
  TimePoint stop_deadline_{};
  bool has_thread_ = false;  // or had
  std::thread thread_;
};

}  // namespace llmtrace::exporting
