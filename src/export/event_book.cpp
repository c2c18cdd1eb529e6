#include "export/event_book.hpp"

#include <iterator>

namespace llmtrace::exporting {

const EventBook::Trace* EventBook::find(const TraceKey& key) const noexcept {
  const auto known = by_key_.find(key);
  return known == by_key_.end() ? nullptr : &*known->second;
}

std::string_view EventBook::trace(const TraceKey& key) const noexcept {
  const Trace* const known = find(key);
  return known == nullptr ? std::string_view{} : known->id;
}

std::string_view EventBook::span(const TraceKey& key, std::uint64_t span) const noexcept {
  const Trace* const known = find(key);
  if (known == nullptr) return {};
  const auto found = known->spans.find(span);
  return found == known->spans.end() ? std::string_view{} : found->second;
}

bool EventBook::is_own(const TraceKey& key) const noexcept {
  const Trace* const known = find(key);
  return known != nullptr && known->own;
}

void EventBook::add_trace(const TraceKey& key, std::string_view id, bool own) {
  forget(key);
  Traces fresh;
  fresh.push_back({key, std::string{id}, own, {}});
  by_key_.emplace(key, fresh.begin());
  traces_.splice(traces_.end(), fresh);
  make_room(key);
}

void EventBook::add_span(const TraceKey& key, std::uint64_t span, std::string_view id) {
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return;
  const auto trace = known->second;
  traces_.splice(traces_.end(), traces_, trace);
  if (trace->spans.size() >= most_spans_) return;  // its children show up at the top of the trace
  if (trace->spans.emplace(span, id).second) ++spans_;
  make_room(key);
}

void EventBook::forget(const TraceKey& key) noexcept {
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return;
  spans_ -= known->second->spans.size();
  traces_.erase(known->second);
  by_key_.erase(known);
}

void EventBook::make_room(const TraceKey& but_not) noexcept {
  while (traces_.size() > most_traces_ || spans_ > most_spans_) {
    const TraceKey oldest = traces_.front().key;
    if (oldest == but_not) return;
    forget(oldest);
  }
}

}  // namespace llmtrace::exporting
