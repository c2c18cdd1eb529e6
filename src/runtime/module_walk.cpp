#include "runtime/module_walk.hpp"

#include <atomic>
#include <mutex>
#include <pthread.h>

namespace llmtrace::runtime {

namespace {

constinit std::mutex walk_mutex;
constinit std::atomic<bool> forked{false};
constinit bool fork_is_handled = false;  // guarded by walk_mutex

void before_fork() noexcept { walk_mutex.lock(); }
void after_fork_in_parent() noexcept { walk_mutex.unlock(); }
void after_fork_in_child() noexcept {
  walk_mutex.unlock();
  forked.store(true, std::memory_order_relaxed);
}

}  // namespace

void walk_modules(int (*visit)(dl_phdr_info*, std::size_t, void*), void* data) noexcept {
  const std::lock_guard lock{walk_mutex};
  // Memory may refuse; then a child may suffer from a walk, as it may from those of anybody else.
  if (!fork_is_handled)
    fork_is_handled = ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
  ::dl_iterate_phdr(visit, data);
}

bool walks_are_safe() noexcept { return !forked.load(std::memory_order_relaxed); }

}  // namespace llmtrace::runtime
