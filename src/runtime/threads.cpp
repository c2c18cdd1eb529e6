// The threads that have traced, each with its stack of scopes, its few records and its share of the books. A
// thread that ends may still run destructors that trace, so its state is freed only when the kernel says that
// it is gone.
#include "runtime/core_state.hpp"
#include "runtime/no_cancel.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <new>
#include <pthread.h>
#include <random>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace llmtrace::runtime {

using detail::ScopeEntry;

namespace {

constexpr std::uint32_t first_scopes = 16;
constexpr std::uint32_t max_scopes = 1u << 16;

constinit ThreadState* living = nullptr;  // guarded by core_mutex
constinit ThreadState* leaving = nullptr;
constinit std::uint64_t last_serial = 0;
constinit pthread_key_t thread_key{};
constinit bool has_key = false;
constinit bool unloaded = false;

void unlink_from(ThreadState*& list, ThreadState& thread) noexcept {
  (thread.previous != nullptr ? thread.previous->next : list) = thread.next;
  if (thread.next != nullptr) thread.next->previous = thread.previous;
  thread.next = thread.previous = nullptr;
}

void link_to(ThreadState*& list, ThreadState& thread) noexcept {
  thread.previous = nullptr;
  thread.next = list;
  if (list != nullptr) list->previous = &thread;
  list = &thread;
}

void free_thread(ThreadState& thread) noexcept {
  while (Record* record = thread.free_records) {
    thread.free_records = record->next_free;
    release_to_pool(record);
  }
  release_books(thread);
  delete[] thread.entries;
  delete &thread;
}

bool is_gone(const ThreadState& thread) noexcept {
  return ::syscall(SYS_tgkill, ::getpid(), thread.thread_id, 0) != 0 && errno == ESRCH;
}

// At the end of a thread, before its last destructors may run.
void say_goodbye(void* value) noexcept {
  auto& thread = *static_cast<ThreadState*>(value);
  const std::lock_guard lock{core_mutex()};
  while (Record* record = thread.free_records) {
    thread.free_records = record->next_free;
    release_to_pool(record);
  }
  thread.free_count = 0;
  unlink_from(living, thread);
  link_to(leaving, thread);
}

void reap(unsigned at_most) noexcept {
  for (ThreadState* thread = leaving; thread != nullptr && at_most > 0; --at_most) {
    ThreadState* next = thread->next;
    if (is_gone(*thread)) {
      unlink_from(leaving, *thread);
      free_thread(*thread);
    }
    thread = next;
  }
}

// Early in the boot of a machine the kernel may have nothing yet: what differs between threads and processes.
void seed_without_kernel(detail::IdGenerator& ids) noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  std::seed_seq mix{static_cast<std::uint32_t>(now.tv_nsec), static_cast<std::uint32_t>(now.tv_sec),
                    static_cast<std::uint32_t>(::getpid()), static_cast<std::uint32_t>(last_serial),
                    static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(&ids) >> 4)};
  std::uint32_t words[4];
  mix.generate(std::begin(words), std::end(words));
  static_assert(sizeof(words) == sizeof(ids.state));
  std::memcpy(ids.state, words, sizeof(words));
}

void seed(detail::IdGenerator& ids) noexcept {
  if (::getrandom(ids.state, sizeof(ids.state), GRND_NONBLOCK) != sizeof(ids.state)) seed_without_kernel(ids);
  ids.state[0] |= 1;
}

ThreadState* make_thread() noexcept {
  auto* thread = new (std::nothrow) ThreadState;
  if (thread == nullptr) return nullptr;
  thread->entries = new (std::nothrow) ScopeEntry[first_scopes];
  if (thread->entries == nullptr) {
    delete thread;
    return nullptr;
  }
  thread->capacity = first_scopes;
  thread->thread_id = static_cast<int>(::syscall(SYS_gettid));
  seed(thread->ids);
  return thread;
}

bool ensure_key() noexcept {
  if (!has_key && !unloaded) has_key = ::pthread_key_create(&thread_key, &say_goodbye) == 0;
  return has_key;
}

}  // namespace

ThreadState* attach_thread() noexcept {
  const NoCancel no_cancel;  // getrandom() is a place to be cancelled at
  const std::lock_guard lock{core_mutex()};
  if (!ensure_key()) return nullptr;
  auto* thread = static_cast<ThreadState*>(::pthread_getspecific(thread_key));
  if (thread == nullptr) {
    reap(4);
    thread = make_thread();
    if (thread == nullptr) return nullptr;
    thread->serial = ++last_serial;
    if (::pthread_setspecific(thread_key, thread) != 0) {
      free_thread(*thread);
      return nullptr;
    }
    link_to(living, *thread);
  }
  return thread;
}

bool grow_scopes(ThreadState& thread) noexcept {
  if (thread.capacity >= max_scopes) return false;
  auto* larger = new (std::nothrow) ScopeEntry[std::size_t{thread.capacity} * 2];
  if (larger == nullptr) return false;
  const std::lock_guard lock{core_mutex()};  // another thread may be marking an entry
  for (std::uint32_t i = 0; i < thread.depth; ++i) {
    const ScopeEntry& from = thread.entries[i];
    larger[i].context = from.context;
    larger[i].record = from.record;
    larger[i].dead.store(from.dead.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }
  delete[] thread.entries;
  thread.entries = larger;
  thread.capacity *= 2;
  return true;
}

void end_foreign_scope(ThreadState* owner, std::uint64_t serial, std::uint32_t index,
                       detail::Books* books) noexcept {
  if (books != nullptr) books->misuse(detail::Misuse::ended_on_other_thread);
  const std::lock_guard lock{core_mutex()};
  for (ThreadState* thread = living; thread != nullptr; thread = thread->next)
    if (thread == owner && thread->serial == serial)
      return thread->entries[index].dead.store(true, std::memory_order_release);
}

void reap_threads() noexcept {
  const std::lock_guard lock{core_mutex()};
  reap(1u << 20);
}

void forget_threads() noexcept {
  const std::lock_guard lock{core_mutex()};
  if (has_key) ::pthread_key_delete(thread_key);
  has_key = false;
  unloaded = true;
  detail::thread_cache.state = nullptr;  // static destructors of this module may still end spans
  for (ThreadState** list : {&living, &leaving})
    while (ThreadState* thread = *list) {
      unlink_from(*list, *thread);
      free_thread(*thread);
    }
}

void keep_only_this_thread() noexcept {
  auto* self = has_key ? static_cast<ThreadState*>(::pthread_getspecific(thread_key)) : nullptr;
  for (ThreadState** list : {&living, &leaving})
    for (ThreadState* thread = *list; thread != nullptr;) {
      ThreadState* next = thread->next;
      if (thread != self) {
        unlink_from(*list, *thread);
        free_thread(*thread);
      }
      thread = next;
    }
  if (self == nullptr) return;
  self->thread_id = static_cast<int>(::syscall(SYS_gettid));
  seed(self->ids);
  for (std::uint32_t i = 0; i < self->depth; ++i) self->entries[i].record = nullptr;
}

}  // namespace llmtrace::runtime
