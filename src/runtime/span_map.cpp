#include "runtime/core_state.hpp"
#include <llmtrace/span_map.hpp>
#include <llmtrace/tracer.hpp>

#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <string>

LLMTRACE_BEGIN_NAMESPACE

// Found by ManualSpan::fill(), which looks where Completion lives.
static void write_options(detail::FieldWriter& to, detail::TracerCore& tracer,
                          const Completion& completion) noexcept {
  if (captures_output(to.record())) completion.output.write(to, detail::Tag::output, tracer.max_output);
  completion.metadata.write(to, detail::Tag::metadata, tracer.max_text);
}

namespace {

struct Entry {
  std::string id;
  std::string trace;  // id of the trace's entry; its own for a trace
  ManualSpan span;
};

struct Parentage {
  detail::Parent parent;
  bool unknown_id = false;
};

void count_unknown_id(detail::TracerCore* tracer) noexcept {
  detail::Core* core = detail::active_core();
  if (core == nullptr) return;
  if (tracer == nullptr) tracer = core->default_tracer.load(std::memory_order_acquire);
  detail::ThreadState* thread = detail::thread_state(*core);
  if (tracer == nullptr || thread == nullptr) return;
  if (detail::Books* books = detail::books_of(*core, *thread, *tracer))
    books->misuse(detail::Misuse::unknown_id);
}

void complete(ManualSpan& span, const Completion& completion) noexcept {
  span.set_usage(completion.usage).set_cost(completion.cost_usd);
  if (!completion.error.empty()) span.set_error(completion.error);
  span.fill(completion);
  span.end();
}

}  // namespace

struct SpanMap::Entries {
  using List = std::list<Entry>;  // oldest first

  std::size_t capacity = 0;
  // Of the tracer that was named, if one was. Its shell outlives it, and may then serve another.
  bool is_of_one_tracer = false;
  detail::TracerCore* shell = nullptr;
  std::uint32_t session = 0;
  std::mutex mutex;
  List list;
  std::map<std::string, List::iterator, std::less<>> by_id;

  void belong_to(const Tracer& tracer) noexcept {
    is_of_one_tracer = true;
    shell = tracer.core();
    if (shell != nullptr) session = shell->session.load(std::memory_order_acquire);
  }
  bool tracer_is_gone() const noexcept {
    if (!is_of_one_tracer) return false;
    return shell == nullptr || detail::use_of_session(shell->session.load(std::memory_order_acquire)) !=
                                   detail::use_of_session(session);
  }
  void count_unknown_id() const noexcept {
    if (!tracer_is_gone()) llmtrace::count_unknown_id(shell);
  }

  // What a new span belongs below. A parent that is unknown, or belongs to another trace, makes it an orphan
  // of the trace that was named.
  Parentage parentage(std::string_view trace_id, std::string_view parent_id) {
    const std::lock_guard lock{mutex};
    const auto trace = by_id.find(trace_id);
    if (trace == by_id.end()) return {{}, true};
    Parentage below{trace->second->span.as_parent(), false};
    if (parent_id.empty()) return below;
    const auto parent = by_id.find(parent_id);
    below.unknown_id = parent == by_id.end();
    if (!below.unknown_id && parent->second->trace == trace->second->trace)
      below.parent = parent->second->span.as_parent();
    else
      below.parent.make_orphans();
    return below;
  }

  // Takes an entry out; the span ends when the caller drops it, outside of the lock.
  List take(std::string_view id) {
    List taken;
    const auto found = by_id.find(id);
    if (found == by_id.end()) return taken;
    taken.splice(taken.end(), list, found->second);
    by_id.erase(found);
    return taken;
  }

  List take_all_of_trace(std::string_view trace) {
    List taken;
    for (auto at = list.begin(); at != list.end();) {
      const auto next = std::next(at);
      if (at->trace == trace && at->id != trace) {
        by_id.erase(at->id);
        taken.splice(taken.end(), list, at);
      }
      at = next;
    }
    return taken;
  }

  // What had to make way.
  List add(Entry entry) {
    List evicted = take(entry.id);
    while (!list.empty() && list.size() >= capacity) evicted.splice(evicted.end(), take(list.front().id));
    list.push_back(std::move(entry));
    try {
      by_id.emplace(list.back().id, std::prev(list.end()));
    } catch (...) {
      list.pop_back();
      throw;
    }
    return evicted;
  }
};

namespace {

template <class List>
void end_unfinished(List& entries, std::string_view why) noexcept {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    entry->span.set_error(why);
    entry->span.end();
  }
}

constexpr std::string_view never_completed = "never completed";
constexpr std::string_view trace_completed = "its trace was completed";

}  // namespace

SpanMap::SpanMap(std::size_t capacity) noexcept : entries_{new (std::nothrow) Entries} {
  if (entries_) entries_->capacity = std::max<std::size_t>(capacity, 1);
}

SpanMap::SpanMap(const Tracer& tracer, std::size_t capacity) noexcept : SpanMap{capacity} {
  if (entries_ && &tracer != &Tracer::get()) entries_->belong_to(tracer);
}

SpanMap::~SpanMap() {
  if (entries_) end_unfinished(entries_->list, never_completed);
}

std::string SpanMap::create_trace(Text name, const MapTraceOptions& options) noexcept {
  try {
    if (!entries_ || entries_->tracer_is_gone()) return {};
    ManualSpan span = detail::start_trace(entries_->shell, name, options.trace);
    if (!span.context().valid()) return {};
    std::unique_lock lock{entries_->mutex};
    std::string id = options.id.empty() ? span.trace_id() : options.id;
    // Inside a trace that has an entry already, it is one more span of that.
    if (options.id.empty() && entries_->by_id.find(id) != entries_->by_id.end()) id = span.span_id();
    auto evicted = entries_->add({id, id, std::move(span)});
    lock.unlock();
    end_unfinished(evicted, never_completed);
    return id;
  } catch (const std::bad_alloc&) {
    return {};
  }
}

std::string SpanMap::create_span(Text trace_id, Text name, SpanKind kind,
                                 const MapSpanOptions& options) noexcept {
  try {
    if (!entries_) return {};
    Parentage below = entries_->parentage(trace_id, options.parent_id);
    if (below.unknown_id) entries_->count_unknown_id();
    if (!below.parent.valid()) return {};
    ManualSpan span = ManualSpan::start(below.parent, {name, kind}, nullptr).with(options.span);
    if (!span.context().valid()) return {};
    std::string id = options.id.empty() ? span.span_id() : options.id;
    std::unique_lock lock{entries_->mutex};
    auto evicted = entries_->add({id, std::string{trace_id}, std::move(span)});
    lock.unlock();
    end_unfinished(evicted, never_completed);
    return id;
  } catch (const std::bad_alloc&) {
    return {};
  }
}

bool SpanMap::complete_span(Text span_id, const Completion& completion) noexcept {
  try {
    if (!entries_ || span_id.empty()) return false;
    std::unique_lock lock{entries_->mutex};
    auto taken = entries_->take(span_id);
    lock.unlock();
    if (taken.empty()) {
      entries_->count_unknown_id();
      return false;
    }
    complete(taken.front().span, completion);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool SpanMap::complete_trace(Text trace_id, const Completion& completion) noexcept {
  try {
    if (!entries_ || trace_id.empty()) return false;
    std::unique_lock lock{entries_->mutex};
    auto below = entries_->take_all_of_trace(trace_id);
    lock.unlock();
    end_unfinished(below, trace_completed);
  } catch (const std::bad_alloc&) {
    return false;
  }
  return complete_span(trace_id, completion);
}

std::size_t SpanMap::size() const noexcept {
  if (!entries_) return 0;
  const std::lock_guard lock{entries_->mutex};
  return entries_->list.size();
}

LLMTRACE_END_NAMESPACE
