#include "export/tail_decisions.hpp"

#include <new>

namespace llmtrace::exporting {

// What does not fit into memory is decided all the same, and its late spans are held like a trace of their
// own.
bool TailDecisions::decide(const TraceKey& trace, bool keep) noexcept {
  const std::lock_guard lock{mutex_};
  try {
    if (const auto known = kept_.find(trace); known != kept_.end()) return known->second;
    in_order_.push_back(trace);
    kept_.emplace(trace, keep);
    if (in_order_.size() > most_) {
      kept_.erase(in_order_.front());
      in_order_.pop_front();
    }
  } catch (const std::bad_alloc&) {  // a key without its decision is harmless, and leaves with the oldest
  }
  return keep;
}

}  // namespace llmtrace::exporting
