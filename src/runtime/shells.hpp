// The shells of tracers and what each is used for. One mutex guards all of it. It is held to look and to
// change, and never while a worker, a service or the host's code is waited for; whoever needs another state
// waits for it with a deadline of its own.
#pragma once

#include "runtime/tracer_runtime.hpp"

#include <condition_variable>
#include <mutex>
#include <pthread.h>

namespace llmtrace::runtime {

enum class Use : std::uint8_t {
  free,
  starting,
  running,
  stopping,  // its workers were told to end, and nobody waits for them yet
  closing    // somebody waits for its workers
};

struct Shell {
  TracerCore* core = nullptr;
  Use use = Use::free;
  pthread_t owner{};       // the thread that starts or closes it: its own callbacks do not wait for it
  bool clean = true;       // the last close left nothing over
  void* module = nullptr;  // while workers run their code must stay loaded, whoever calls dlclose
};

struct Life {
  Shell shells[detail::max_tracers];
  unsigned live = 0;  // tracers that run
  bool default_starts = false;
  bool exiting = false;
  TimePoint exit_began{};  // what closes from then on does so by the same clock
};

using LifeLock = std::unique_lock<std::mutex>;

// The state, with its mutex held.
[[nodiscard]] Life& life() noexcept;
[[nodiscard]] LifeLock lock_life() noexcept;
[[nodiscard]] std::condition_variable& life_changed() noexcept;
void renew_life_in_child() noexcept;  // other threads of the parent may have held it

// False when the time is over.
template <class Condition>
[[nodiscard]] bool wait_for_life(LifeLock& lock, TimePoint deadline, Condition condition) noexcept {
  return life_changed().wait_until(lock, deadline, condition);
}

// With the lock held. Null when there is none left, or no memory.
[[nodiscard]] Shell* take_shell() noexcept;
// With the lock held: guards find the tracer from here on, or no more.
void show(Shell& shell, bool as_default) noexcept;
void hide(const Shell& shell) noexcept;

// With the lock held.
void own(Shell& shell, Use use) noexcept;
[[nodiscard]] bool is_owned_by_us(const Shell& shell) noexcept;

// Without the lock, for they call the loader.
[[nodiscard]] void* hold_this_module() noexcept;
void let_go_of(void* module) noexcept;

}  // namespace llmtrace::runtime
