#include "runtime/closing.hpp"

#include "runtime/no_cancel.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace llmtrace::runtime {

namespace {

// What the exit has to do with one shell, outside of the lock.
struct Ending {
  Shell* shell = nullptr;
  TimePoint deadline;
  bool is_ours = false;  // else another thread closes it
};

template <class Predicate>
bool any_shell(Predicate predicate) noexcept {
  return std::any_of(std::begin(life().shells), std::end(life().shells), predicate);
}

// Takes what runs, and looks at what ends already.
std::size_t collect_endings(Ending (&endings)[detail::max_tracers], TimePoint now) noexcept {
  const LifeLock lock = lock_life();
  if (!life().exiting) life().exit_began = now;
  life().exiting = true;
  std::size_t count = 0;
  for (Shell& shell : life().shells) {
    if (shell.use != Use::running && shell.use != Use::closing) continue;
    const bool runs = shell.use == Use::running;
    endings[count++] = {&shell, exit_deadline(shell), runs};
    if (!runs) continue;
    own(shell, Use::closing);
    hide(shell);
  }
  return count;
}

// The longest budget of what ends, and of what may be starting still.
TimePoint end_of_exit() noexcept {
  constexpr std::chrono::seconds for_a_start{2};
  TimePoint last = life().exit_began + for_a_start;
  for (const Shell& shell : life().shells)
    if (shell.use == Use::stopping || shell.use == Use::closing) last = std::max(last, exit_deadline(shell));
  return last;
}

// But for those whose own callback has called exit(), here and below.
void wait_until_none_starts() noexcept {
  LifeLock lock = lock_life();
  static_cast<void>(wait_for_life(lock, end_of_exit(), [] {
    return !any_shell(
        [](const Shell& shell) { return shell.use == Use::starting && !is_owned_by_us(shell); });
  }));
}

// Other threads' closes end by the clock of the exit, too; they must be out of the HTTP library by then.
void wait_until_none_closes() noexcept {
  constexpr std::chrono::milliseconds to_leave{200};
  LifeLock lock = lock_life();
  static_cast<void>(wait_for_life(lock, end_of_exit() + to_leave, [] {
    return !any_shell([](const Shell& shell) { return shell.use == Use::closing && !is_owned_by_us(shell); });
  }));
}

Ending take_stopping() noexcept {
  const LifeLock lock = lock_life();
  for (Shell& shell : life().shells) {
    if (shell.use != Use::stopping) continue;
    own(shell, Use::closing);
    return {&shell, exit_deadline(shell), true};
  }
  return {};
}

}  // namespace

bool finish_closing(Shell& shell, TimePoint deadline, HostObjects* leftover) noexcept {
  TracerRuntime& runtime = runtime_of(*shell.core);
  const bool clean = runtime.finish_close(deadline);
  if (leftover != nullptr) *leftover = runtime.take_host_objects();
  void* module = nullptr;
  {
    const LifeLock lock = lock_life();
    shell.clean = clean;
    shell.use = Use::free;
    if (!life().exiting && runtime.reusable()) module = std::exchange(shell.module, nullptr);
    life_changed().notify_all();
  }
  let_go_of(module);
  return clean;
}

TimePoint exit_deadline(const Shell& shell) noexcept {
  return life().exit_began + runtime_of(*shell.core).shutdown_timeout();
}

void begin_exit(TimePoint now) noexcept {
  Ending endings[detail::max_tracers];
  const std::size_t count = collect_endings(endings, now);
  for (std::size_t i = 0; i < count; ++i) {
    TracerRuntime& runtime = runtime_of(*endings[i].shell->core);
    if (endings[i].is_ours)
      runtime.begin_close(endings[i].deadline);
    else
      runtime.hasten_close(endings[i].deadline);
  }
  const LifeLock lock = lock_life();
  for (std::size_t i = 0; i < count; ++i)
    if (endings[i].is_ours) endings[i].shell->use = Use::stopping;
  life_changed().notify_all();
}

void close_all_at_exit() noexcept {
  const NoCancel no_cancel;
  const TimePoint now = std::chrono::steady_clock::now();
  begin_exit(now);
  wait_until_none_starts();
  begin_exit(now);
  while (true) {
    const Ending ending = take_stopping();
    if (ending.shell == nullptr) break;
    static_cast<void>(finish_closing(*ending.shell, ending.deadline, nullptr));
  }
  wait_until_none_closes();
}

}  // namespace llmtrace::runtime
