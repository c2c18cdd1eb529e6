// Pages of counters: each thread writes its own, a tracer's sums are taken over all. A page outlives its
// thread and is handed on to the next, still counting. Threads that can have none share one.
#include "runtime/core_state.hpp"
#include "runtime/tracer_runtime.hpp"

#include <new>

namespace llmtrace::runtime {

using detail::Books;

namespace {

void clear(Books& page, std::uint32_t session) noexcept {
  page.started.store(0, std::memory_order_relaxed);
  page.open.store(0, std::memory_order_relaxed);
  page.ended.store(0, std::memory_order_relaxed);
  for (auto& counter : page.dropped) counter.store(0, std::memory_order_relaxed);
  for (auto& counter : page.misused) counter.store(0, std::memory_order_relaxed);
  page.merged.store(0, std::memory_order_relaxed);
  page.traces.store(0, std::memory_order_relaxed);
  page.session.store(session, std::memory_order_release);
}

}  // namespace

Books* attach_books(ThreadState& thread, TracerCore& tracer) noexcept {
  const std::lock_guard lock{core_mutex()};
  const std::uint32_t session = tracer.session.load(std::memory_order_relaxed);
  Books*& mine = thread.books[tracer.index];
  Books*& pages = runtime_of(tracer).books();
  for (Books* page = pages; mine == nullptr && page != nullptr; page = page->next)
    if (!page->taken) mine = page;
  if (mine == nullptr) {
    auto* page = new (std::nothrow) Books;
    if (page == nullptr) return nullptr;
    page->next = pages;
    page->session.store(session, std::memory_order_relaxed);
    pages = page;
    mine = page;
  }
  mine->taken = true;
  if (mine->session.load(std::memory_order_relaxed) != session) clear(*mine, session);
  return mine;
}

// A span that ends where there is no memory for a page has been counted as open on another one.
void count_end(TracerCore& tracer, bool kept, detail::DropBefore why) noexcept {
  const std::lock_guard lock{core_mutex()};
  const std::uint32_t session = tracer.session.load(std::memory_order_relaxed);
  Books& page = runtime_of(tracer).shared_books();
  if (page.session.load(std::memory_order_relaxed) != session) clear(page, session);
  Books::add(page.open, -1);
  kept ? Books::add(page.ended) : page.drop(why);
}

void release_books(ThreadState& thread) noexcept {
  for (Books*& page : thread.books) {
    if (page != nullptr) page->taken = false;
    page = nullptr;
  }
}

}  // namespace llmtrace::runtime
