#include "export/held_traces.hpp"

#include <algorithm>
#include <iterator>
#include <new>

namespace llmtrace::exporting {

HeldTraces::Traces::iterator HeldTraces::find(const core::RecordHead& head) noexcept {
  // The newest first: that is where most spans belong.
  const auto found = std::find_if(open_.rbegin(), open_.rend(), [&head](const Trace& trace) {
    return trace.high == head.trace_high && trace.low == head.trace_low;
  });
  return found == open_.rend() ? open_.end() : std::prev(found.base());
}

bool HeldTraces::take(const core::RecordView& record) noexcept {
  if (over_) return false;
  auto trace = find(record.head());
  try {
    if (trace == open_.end()) {
      if (record.is_span()) return false;  // its root is not ours, or was let go
      trace = open_.insert(open_.end(), Trace{record.head().trace_high, record.head().trace_low, {}});
    }
    add(*trace, record);
  } catch (const std::bad_alloc&) {
    if (trace != open_.end()) release(trace);
    return false;
  }
  if (record.is_span() && record.has(detail::flag_header)) release(trace);
  while (bytes_ > most_ && !open_.empty()) release(open_.begin());
  return true;
}

void HeldTraces::add(Trace& trace, const core::RecordView& record) {
  trace.records.emplace_back(record.bytes());
  bytes_ += record.bytes().size();
  if (record.is_span()) ++spans_;
}

void HeldTraces::release(Traces::iterator trace) noexcept {
  try {
    for (std::string& record : trace->records) ready_.push_back(std::move(record));
  } catch (const std::bad_alloc&) {
    return;  // stays held, to be let go with the next occasion
  }
  open_.erase(trace);
}

void HeldTraces::release_all() noexcept {
  over_ = true;
  while (!open_.empty()) {
    const std::size_t before = open_.size();
    release(open_.begin());
    if (open_.size() == before) return;
  }
}

void HeldTraces::pop() noexcept {
  const std::string& record = ready_.front();
  const auto view = core::RecordView::parse(record);
  if (view && view->is_span()) --spans_;
  bytes_ -= record.size();
  ready_.pop_front();
}

}  // namespace llmtrace::exporting
