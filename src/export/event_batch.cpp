#include "export/event_batch.hpp"

#include <utility>

namespace llmtrace::exporting {
namespace {

// Whatever circles the spans may claim, each is placed once.
class ParentsFirst {
 public:
  explicit ParentsFirst(const std::vector<EventSpan>& all) : all_{all}, placed_(all.size(), false) {}

  [[nodiscard]] std::vector<std::size_t> order(const std::vector<std::size_t>& spans) {
    by_id_.clear();
    for (const std::size_t index : spans) by_id_.emplace(all_[index].id, index);
    std::vector<std::size_t> ordered;
    ordered.reserve(spans.size());
    for (const std::size_t index : spans) {
      climb(index);
      ordered.insert(ordered.end(), chain_.rbegin(), chain_.rend());
    }
    return ordered;
  }

 private:
  // From the span up to the first ancestor that is placed, or is not here.
  void climb(std::size_t index) {
    chain_.clear();
    while (!placed_[index]) {
      placed_[index] = true;
      chain_.push_back(index);
      const auto parent = by_id_.find(all_[index].parent_id);
      if (parent == by_id_.end()) return;
      index = parent->second;
    }
  }

  const std::vector<EventSpan>& all_;
  std::vector<bool> placed_;
  std::unordered_map<std::uint64_t, std::size_t> by_id_;
  std::vector<std::size_t> chain_;
};

}  // namespace

EventTrace& EventBatch::trace(const TraceKey& key) {
  if (const auto known = by_key_.find(key); known != by_key_.end()) return traces_[known->second];
  traces_.emplace_back().key = key;
  try {
    by_key_.emplace(key, traces_.size() - 1);
  } catch (...) {
    traces_.pop_back();
    throw;
  }
  return traces_.back();
}

void EventBatch::add(EventTrace& trace, EventSpan span) {
  span.trace = static_cast<std::size_t>(&trace - traces_.data());
  trace.spans.push_back(spans_.size());
  try {
    spans_.push_back(span);
  } catch (...) {
    trace.spans.pop_back();
    throw;
  }
}

void EventBatch::sort() {
  ParentsFirst parents_first{spans_};
  for (EventTrace& trace : traces_) trace.spans = parents_first.order(trace.spans);
}

void EventBatch::clear(std::size_t largest_kept) noexcept {
  bodies_.recycle(largest_kept);
  traces_.clear();
  spans_.clear();
  by_key_.clear();
}

}  // namespace llmtrace::exporting
