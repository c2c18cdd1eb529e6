// The traces and spans that the events exporter has taken and not sent yet, each with the bodies of its
// calls. One buffer holds all bodies, so that a batch is one allocation that is kept for the next.
#pragma once

#include "core/byte_buffer.hpp"
#include "export/span_facts.hpp"
#include "export/tail_decisions.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace llmtrace::exporting {

struct TextRange {
  std::size_t first = 0;
  std::size_t last = 0;

  [[nodiscard]] bool empty() const noexcept { return first == last; }
};

struct EventSpan {
  std::uint64_t id = 0;
  std::uint64_t parent_id = 0;
  std::size_t trace = 0;
  TextRange create;
  TextRange complete;
};

struct EventTrace {
  TraceKey key;
  TextRange create;
  TextRange complete;         // empty: it goes on
  std::uint64_t headers = 0;  // that were handed over for it
  std::int64_t first_start = 0;
  std::vector<std::size_t> spans;  // indices; after sort() parents come before their children
};

class EventBatch {
 public:
  [[nodiscard]] core::ByteBuffer& bodies() noexcept { return bodies_; }
  [[nodiscard]] std::string_view text(TextRange range) const noexcept {
    return bodies_.view().substr(range.first, range.last - range.first);
  }
  [[nodiscard]] const std::vector<EventTrace>& traces() const noexcept { return traces_; }
  [[nodiscard]] const std::vector<EventSpan>& spans() const noexcept { return spans_; }
  [[nodiscard]] bool empty() const noexcept { return traces_.empty(); }

  // May throw std::bad_alloc, and the batch is as it was, as far as anybody can see.
  [[nodiscard]] EventTrace& trace(const TraceKey& key);
  void add(EventTrace& trace, EventSpan span);
  void sort();

  void clear(std::size_t largest_kept) noexcept;

 private:
  core::ByteBuffer bodies_;
  std::vector<EventTrace> traces_;
  std::vector<EventSpan> spans_;
  std::unordered_map<TraceKey, std::size_t, TraceKey::Hash> by_key_;
};

}  // namespace llmtrace::exporting
