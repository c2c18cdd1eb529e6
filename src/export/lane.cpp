#include "export/lane.hpp"

#include <algorithm>
#include <csignal>
#include <poll.h>
#include <pthread.h>
#include <system_error>

namespace llmtrace::exporting {

using std::chrono::milliseconds;

namespace {

constinit thread_local bool on_lane = false;

// A thread inherits the mask of its creator: all signals are the host's.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t previous_{};
};

}  // namespace

void EventWaiter::wait(milliseconds at_most) noexcept {
  pollfd polled{event_.descriptor(), POLLIN, 0};
  ::poll(&polled, 1, static_cast<int>(at_most.count()));
  static_cast<void>(event_.consume());
}

Lane::Lane(journal::Journal& journal, std::unique_ptr<Waiter> waiter, const LaneOptions& options,
           ReadClock read_clock, void* clock_context) noexcept
    : journal_{journal},
      waiter_{std::move(waiter)},
      options_{options},
      read_clock_{read_clock},
      clock_context_{clock_context} {}

Lane::~Lane() { let_run(); }

ExporterTask& Lane::add(std::unique_ptr<ExporterTask> task) {
  tasks_.push_back(std::move(task));
  return *tasks_.back();
}

bool Lane::start() noexcept {
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread{&Lane::run, this};
    has_thread_ = true;
    return true;
  } catch (const std::system_error&) {
    return false;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void Lane::wake() noexcept {
  if (asleep_.load(std::memory_order_relaxed) && asleep_.exchange(false, std::memory_order_acq_rel)) ring();
}

// What a thread rings that comes too late may be gone. Each of the two says first what it does, then looks
// whether the other does the opposite: the sequential order makes at least one of them see it.
void Lane::ring() noexcept {
  ringing_.fetch_add(1, std::memory_order_seq_cst);
  if (!silent_.load(std::memory_order_seq_cst)) waiter_->wake();
  ringing_.fetch_sub(1, std::memory_order_release);
}

// The lane stays for its books and for those who come late; its connections, files and events do not. They
// stay, too, when a thread stopped in the middle of waking us.
void Lane::give_back() noexcept {
  constexpr int looks = 50;
  silent_.store(true, std::memory_order_seq_cst);
  for (int i = 0; ringing_.load(std::memory_order_seq_cst) != 0; ++i) {
    if (i == looks) return;
    std::this_thread::sleep_for(milliseconds{1});
  }
  for (const auto& task : tasks_) task->drop_sink();  // before the loop that runs their requests
  waiter_.reset();
}

bool Lane::is_this_thread() const noexcept {
  return id_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

bool Lane::is_any_lane() noexcept { return on_lane; }

void Lane::request_flush() noexcept {
  flush_requested_.store(true, std::memory_order_release);
  ring();
}

bool Lane::flush(const journal::Position& target, TimePoint deadline) noexcept {
  bool all = true;
  for (const auto& task : tasks_) all = task->flush(target, deadline, [this] { request_flush(); }) && all;
  return all;
}

// A user's exporter may end its thread, by pthread_exit() for one: that unwinds the stack, and must not be
// stopped.
class Lane::Leaving {
 public:
  explicit Leaving(Lane& lane) noexcept : lane_{lane} {}
  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;
  ~Leaving() { lane_.leave(finished_); }
  void finished() noexcept { finished_ = true; }

 private:
  Lane& lane_;
  bool finished_ = false;
};

void Lane::run() {
  pthread_setname_np(pthread_self(), "llmtrace");
  on_lane = true;
  id_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  Leaving leaving{*this};
  waiter_->enter();
  // the first interval begins here: sending at once would show a trace that has just begun, and nothing of it
  next_flush_ = std::chrono::steady_clock::now() + options_.flush_interval;
  run_until_stopped();
  finish();
  leaving.finished();
}

void Lane::leave(bool finished) noexcept {
  if (!finished) {
    for (const auto& task : tasks_) task->leave_unattended();
    report_death();
  }
  give_back();
  id_.store(std::thread::id{}, std::memory_order_relaxed);  // it may be given to another thread
  const std::lock_guard lock{mutex_};
  has_stopped_ = true;
  stopped_.notify_all();
}

void Lane::report_death() noexcept {
  if (!died_) return;
  try {
    for (const auto& task : tasks_) died_(task->name());
  } catch (...) {  // no memory to say it; the books tell
  }
}

void Lane::run_until_stopped() {
  for (;;) {
    {
      const std::lock_guard lock{mutex_};
      if (stopping_) return;
    }
    const TimePoint now = std::chrono::steady_clock::now();
    clock_.update(read_clock_(clock_context_));
    if (options_.tends_journal) journal_.prepare();
    request_sending(now);
    if (!step_all(now)) wait(now);
  }
}

bool Lane::step_all(TimePoint now) {
  bool again = false;
  for (const auto& task : tasks_) again = task->step(now) || again;
  return again;
}

bool Lane::is_plenty_unread() noexcept {
  return std::any_of(tasks_.begin(), tasks_.end(), [this](const auto& task) {
    return !task->wants_to_send() && task->unread_bytes() >= options_.eager_bytes;
  });
}

// Sends what is there when the interval is over, when there is much of it, or when somebody waits for it.
void Lane::request_sending(TimePoint now) noexcept {
  const bool due = now >= next_flush_;
  if (due) {
    next_flush_ = now + options_.flush_interval;
    if (options_.tends_journal) journal_.trim();
  }
  const bool requested = flush_requested_.exchange(false, std::memory_order_acq_rel);
  for (const auto& task : tasks_) {
    if (due || requested || task->unread_bytes() >= options_.eager_bytes) task->send_up_to(journal_.end());
  }
}

void Lane::wait(TimePoint now) noexcept {
  TimePoint until = next_flush_;
  bool stalled = false;
  for (const auto& task : tasks_) {
    until = std::min(until, task->next_event());
    stalled = stalled || task->is_stalled();
  }
  constexpr milliseconds while_stalled{
      1};  // a producer is between two instructions; it may have been preempted there
  milliseconds time = std::chrono::ceil<milliseconds>(until - now);
  if (stalled) time = std::min(time, while_stalled);
  if (time <= milliseconds{0}) return waiter_->wait(milliseconds{0});
  asleep_.store(true, std::memory_order_seq_cst);
  if (flush_requested_.load(std::memory_order_seq_cst) || is_plenty_unread()) time = milliseconds{0};
  waiter_->wait(time);
  asleep_.store(false, std::memory_order_relaxed);
}

void Lane::stop(TimePoint deadline) noexcept {
  {
    const std::lock_guard lock{mutex_};
    stop_deadline_ = stopping_ ? std::min(stop_deadline_, deadline) : deadline;
    stopping_ = true;
  }
  ring();
}

Lane::TimePoint Lane::stop_deadline() noexcept {
  const std::lock_guard lock{mutex_};
  return stop_deadline_;
}

void Lane::finish() {
  TimePoint deadline = stop_deadline();
  waiter_->set_deadline(deadline);
  TimePoint now = std::chrono::steady_clock::now();
  for (const auto& task : tasks_) task->begin_finish(deadline, now);
  for (bool done = false; !done && now < deadline;) {
    clock_.update(read_clock_(clock_context_));
    done = true;
    bool again = false;
    for (const auto& task : tasks_) done = task->finish_step(now, again) && done;
    if (!done && !again) {
      TimePoint until = deadline;
      for (const auto& task : tasks_)
        until = std::min(until, task->is_stalled() ? now + milliseconds{1} : task->next_event());
      waiter_->wait(std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(until - now)));
    }
    now = std::chrono::steady_clock::now();
    deadline = stop_deadline();
  }
  abandon_rest();
}

bool Lane::wait_stopped(TimePoint deadline) noexcept {
  if (!has_thread_) give_back();
  if (!thread_.joinable()) return true;
  std::unique_lock lock{mutex_};
  if (!stopped_.wait_until(lock, deadline, [this] { return has_stopped_; })) return false;
  lock.unlock();
  thread_.join();
  return true;
}

void Lane::let_run() noexcept {
  if (thread_.joinable()) thread_.detach();
}

void Lane::abandon_rest() noexcept {
  for (const auto& task : tasks_) task->abandon_rest();
}

}  // namespace llmtrace::exporting
