// The thread's stack of scopes: which span is the innermost one, and guards that leave in any order.
#pragma once

#include <llmtrace/detail/life.hpp>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

// Makes `span` the innermost scope of the thread. The index of its entry, or `no_scope`.
inline constexpr std::uint32_t no_scope = 0xffffffffu;

LLMTRACE_INLINE std::uint32_t push_scope(Core& core, ThreadState& thread, const Handle& span) noexcept {
  if (LLMTRACE_UNLIKELY(thread.depth == thread.capacity) && !core.slow.grow_scopes(thread)) return no_scope;
  ScopeEntry& entry = thread.entries[thread.depth];
  entry.context = span.context;
  entry.record = span.record;
  entry.dead.store(false, std::memory_order_relaxed);
  return thread.depth++;
}

// A guard's place on its thread's stack.
struct ScopePlace {
  ThreadState* thread = nullptr;
  std::uint64_t serial = 0;
  std::uint32_t index = no_scope;

  void enter(Core& core, ThreadState& on, const Handle& span) noexcept {
    index = push_scope(core, on, span);
    thread = &on;
    serial = on.serial;
  }

  // Leaves in any order and from any thread; the tracer's books learn of what was not the normal order.
  void leave(Core& core, ThreadState& here, TracerCore* tracer) noexcept {
    if (index == no_scope) return;
    if (LLMTRACE_UNLIKELY(thread != &here || serial != here.serial)) {
      core.slow.end_foreign_scope(thread, serial, index, books_for(core, here, tracer));
    } else if (LLMTRACE_LIKELY(index + 1 == here.depth)) {
      here.depth = index;
    } else if (index < here.depth) {
      leave_out_of_order(core, here, tracer);
    }
    index = no_scope;
  }

 private:
  // Those of this thread, which may never have traced before.
  LLMTRACE_COLD static Books* books_for(Core& core, ThreadState& here, TracerCore* tracer) noexcept {
    return tracer != nullptr ? books_of(core, here, *tracer) : nullptr;
  }
  LLMTRACE_COLD void leave_out_of_order(Core& core, ThreadState& here, TracerCore* tracer) const noexcept {
    here.entries[index].dead.store(true, std::memory_order_release);
    if (here.top() == nullptr || here.depth <= index + 1) return;
    if (Books* books = books_for(core, here, tracer)) books->misuse(Misuse::ended_out_of_order);
  }
};

// The scope around new spans on this thread, as a parent.
inline Parent current_parent(ThreadState& thread) noexcept {
  const ScopeEntry* top = thread.top();
  return top != nullptr ? top->context : Parent{};
}

}  // namespace detail
LLMTRACE_END_NAMESPACE
