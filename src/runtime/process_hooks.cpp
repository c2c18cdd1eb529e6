#include "runtime/process_hooks.hpp"

#include "runtime/closing.hpp"
#include "runtime/modules.hpp"
#include "runtime/shells.hpp"

#include <cstdlib>
#include <new>
#include <pthread.h>
#include <utility>

namespace llmtrace::runtime {

namespace {

constinit bool exit_is_handled = false;
constinit bool exit_is_handled_before_http = false;
constinit bool fork_is_handled = false;
constinit bool unloading = false;

template <class Visit>
void for_each_tracer(Visit visit) noexcept {
  for (const Shell& shell : life().shells)
    if (shell.core != nullptr) visit(runtime_of(*shell.core));
}

// In a forked child: what another thread of the parent was starting or closing will never be.
void drop_half_open_tracers() noexcept {
  std::atomic<TracerCore*>& default_tracer = own_core().default_tracer;
  life().live = 0;
  life().default_starts = false;
  for (Shell& shell : life().shells) {
    const bool lives = shell.use != Use::free && shell.core->live();
    shell.use = lives ? Use::running : Use::free;
    if (lives) ++life().live;
    if (!lives && shell.core != nullptr && default_tracer.load(std::memory_order_relaxed) == shell.core)
      default_tracer.store(nullptr, std::memory_order_relaxed);
  }
  if (life().live == 0) set_active(false);
}

void before_fork() noexcept {
  core_mutex().lock();
  for_each_tracer([](TracerRuntime& runtime) { runtime.before_fork(); });
}
void after_fork_in_parent() noexcept {
  for_each_tracer([](TracerRuntime& runtime) { runtime.after_fork_in_parent(); });
  core_mutex().unlock();
}
void after_fork_in_child() noexcept {
  keep_only_this_thread();
  orphan_open_records();
  for_each_tracer([](TracerRuntime& runtime) { runtime.after_fork_in_child(); });
  core_mutex().unlock();
  renew_life_in_child();
  drop_half_open_tracers();
}

// At an unloading, too, this is called.
void at_exit() noexcept {
  if (!unloading) close_all_at_exit();
}

bool handle_exit(bool http) noexcept {
  bool& handled = http ? exit_is_handled_before_http : exit_is_handled;
  if (handled || exit_is_handled_before_http) return true;
  return handled = std::atexit(at_exit) == 0;
}

void forget_tracers() noexcept {
  own_core().last_default.store(nullptr, std::memory_order_relaxed);
  for (Shell& shell : life().shells) {
    if (shell.core == nullptr) continue;
    delete &runtime_of(*shell.core);
    delete std::exchange(shell.core, nullptr);
  }
}

// Before the module's static destructors at an unloading, which happens only when no tracer lives; after its
// exit handlers at an exit, where all is left as it is: other threads may still be tracing.
__attribute__((destructor)) void note_unloading() noexcept { unloading = !life().exiting; }

// After the static destructors: some of them hold tracers that have closed.
__attribute__((destructor(101))) void leave_process() noexcept {
  if (!unloading) return;
  forget_threads();
  forget_tracers();
}

}  // namespace

bool prepare_this_process(bool http) noexcept {
  if (!fork_is_handled)
    fork_is_handled = ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
  return fork_is_handled && handle_exit(http);
}

}  // namespace llmtrace::runtime
