#include "export/held_traces.hpp"

#include <algorithm>
#include <iterator>
#include <new>

namespace llmtrace::exporting {

namespace {

constexpr std::size_t overhead = 96;  // of a record's place in the lists

}  // namespace

void NotKeptTotals::add(const TailEvidence& of_trace) noexcept {
  const TraceTotals& totals = of_trace.totals();
  const auto count = [](std::int64_t tokens) {
    return tokens > 0 ? static_cast<std::uint64_t>(tokens) : std::uint64_t{0};
  };
  traces += of_trace.roots();
  spans += totals.spans;
  errors += totals.errors;
  tokens_input += count(totals.tokens_input);
  tokens_output += count(totals.tokens_output);
  if (totals.cost_usd > 0) cost_usd += totals.cost_usd;
}

HeldTraces::Taken HeldTraces::take(const core::RecordView& view, TimePoint now) noexcept {
  const TraceKey key = TraceKey::of(view.head());
  auto trace = find(key);
  if (trace == open_.end() && decisions_)
    if (const auto decided = decisions_->find(key)) return take_decided(*decided, view);
  if (trace == open_.end() && !begins_to_hold(view)) return Taken::not_held;
  try {
    if (trace == open_.end()) trace = begin_trace(view, now);
    add(*trace, view);
  } catch (const std::bad_alloc&) {
    if (trace != open_.end()) release(trace);
    return Taken::not_held;
  }
  if (holds_parts() && view.is_span() && view.has(detail::flag_header)) decisions_->remember(key);
  if (over_ || ends_trace(view) || (settings_.live && trace->evidence.is_conclusive())) decide(trace, now);
  while (bytes_ > settings_.most_bytes() && !open_.empty()) decide(open_.begin(), now);
  return Taken::held;
}

HeldTraces::Taken HeldTraces::take_decided(bool kept, const core::RecordView& view) noexcept {
  if (kept) return Taken::not_held;
  if (view.is_span()) {
    TailEvidence late;
    late.add(SpanFacts{view}, *settings_.tail, *clock_);
    not_kept_.add(late);
  }
  return Taken::not_kept;
}

// Without tail rules a span whose trace did not begin here, or was let go, waits for no root.
bool HeldTraces::begins_to_hold(const core::RecordView& view) const noexcept {
  return settings_.tail || (!over_ && (!view.is_span() || holds_parts()));
}

bool HeldTraces::ends_trace(const core::RecordView& view) const noexcept {
  return view.is_span() &&
         view.has(settings_.tail || holds_parts() ? detail::flag_root : detail::flag_header);
}

HeldTraces::Traces::iterator HeldTraces::find(const TraceKey& key) noexcept {
  // the newest first: that is where most spans belong
  if (!open_.empty() && open_.back().key == key) return std::prev(open_.end());
  const auto found = by_key_.find(key);
  return found != by_key_.end() ? found->second : open_.end();
}

HeldTraces::Traces::iterator HeldTraces::begin_trace(const core::RecordView& view, TimePoint now) {
  const TraceKey key = TraceKey::of(view.head());
  Traces fresh;
  fresh.push_back({key, now, {}, {}, 0, view.is_span()});
  by_key_.emplace(key, fresh.begin());
  if (view.is_span()) ++parts_;
  open_.splice(open_.end(), fresh);
  return std::prev(open_.end());
}

void HeldTraces::add(Trace& trace, const core::RecordView& view) {
  trace.records.emplace_back(view.bytes());
  trace.bytes += view.bytes().size() + overhead;
  bytes_ += view.bytes().size() + overhead;
  if (!view.is_span()) return;
  ++spans_;
  if (settings_.tail) trace.evidence.add(SpanFacts{view}, *settings_.tail, *clock_);
}

void HeldTraces::decide(Traces::iterator trace, TimePoint now) noexcept {
  if (!settings_.tail) return release(trace);
  trace->evidence.note_age(now - trace->since, *settings_.tail);
  const bool keep = trace->evidence.keeps(trace->key, *settings_.tail);
  decisions_->decide(trace->key, keep) ? release(trace) : drop(trace);
}

void HeldTraces::release(Traces::iterator trace) noexcept {
  ready_.splice(ready_.end(), trace->records);
  forget(trace);
}

void HeldTraces::drop(Traces::iterator trace) noexcept {
  not_kept_.add(trace->evidence);
  spans_ -= trace->evidence.totals().spans;
  forget(trace);
}

void HeldTraces::forget(Traces::iterator trace) noexcept {
  bytes_ -= trace->bytes;
  if (trace->is_part) --parts_;
  by_key_.erase(trace->key);
  open_.erase(trace);
}

void HeldTraces::expire(TimePoint now) noexcept {
  while (!open_.empty() && now >= next_expiry()) decide(find(next_to_expire()->key), now);
}

HeldTraces::TimePoint HeldTraces::expiry_of(const Trace& trace) const noexcept {
  if (settings_.tail) return trace.since + settings_.tail->decision_wait;
  return holds_parts() && trace.is_part ? trace.since + *settings_.parts_wait : TimePoint::max();
}

// All wait equally long, so it is the oldest of those that do not wait for ever.
HeldTraces::Traces::const_iterator HeldTraces::next_to_expire() const noexcept {
  if (!settings_.tail && parts_ == 0) return open_.end();
  return std::find_if(open_.begin(), open_.end(),
                      [this](const Trace& trace) { return expiry_of(trace) != TimePoint::max(); });
}

HeldTraces::TimePoint HeldTraces::next_expiry() const noexcept {
  const auto next = next_to_expire();
  return next == open_.end() ? TimePoint::max() : expiry_of(*next);
}

void HeldTraces::release_all(TimePoint now) noexcept {
  over_ = true;
  while (!open_.empty()) decide(open_.begin(), now);
}

void HeldTraces::pop() noexcept {
  const std::string& record = ready_.front();
  const auto view = core::RecordView::parse(record);
  if (view && view->is_span()) --spans_;
  ready_.pop_front();
}

}  // namespace llmtrace::exporting
