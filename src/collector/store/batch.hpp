// What is written. A batch is stored as a whole in one transaction, item by item as far as the items are
// valid; it may come again and in any order beside other batches without changing the result.
#pragma once

#include "collector/store/model.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace llmtrace::collector {

// What must be there before an item is stored. The batch wire asks for nothing, the calls of the per-event
// protocol name ids that they have been given.
enum class Requires : std::uint8_t { nothing, trace, span };

// For each field the value with the highest revision stays, whatever comes first; of equal revisions the
// greater value. Start is the least that was said, end and status are the greatest.
struct TraceUpdate : TraceFields<std::string_view> {
  std::int64_t revision = 0;
  Requires needs = Requires::nothing;
  bool extend_metadata = false;  // its members are added to those that are there, instead of replacing them
};

// With Requires::span the trace id is not read: the span is looked for by its own id, among spans that came
// through the per-event protocol (`findable`) or without an end.
struct SpanUpdate : SpanFields<std::string_view> {
  std::int64_t revision = 0;
  Requires needs = Requires::nothing;
  bool findable = false;
};

// For items that bring no revision of their own: one that has ended beats one that runs, the later end the
// earlier.
template <class Update>
[[nodiscard]] std::int64_t natural_revision(const Update& update) noexcept {
  if (update.end_time) return *update.end_time;
  if (update.start_time && update.duration) return *update.start_time + *update.duration;
  return 0;
}

struct Batch {
  std::string project{};  // from the key, never from the body
  std::vector<TraceUpdate> traces{};
  std::vector<SpanUpdate> spans{};
  std::shared_ptr<const void>
      memory;             // keeps alive what the views above point into, until the callback has run
  std::size_t bytes = 0;  // what that memory takes; counts against the queue's limit
};

enum class ItemOutcome : std::uint8_t {
  stored,
  unknown_trace,
  trace_of_other_project,
  unknown_span,
  span_of_other_project,
};

enum class WriteOutcome : std::uint8_t {
  committed,
  busy,       // the queue is full: try again soon
  disk_full,  // nothing of it was stored; may work later
  failed,     // nothing of it was stored; see `error`
  stopping,   // the store is being closed
};

struct Applied {
  WriteOutcome outcome = WriteOutcome::failed;
  std::vector<ItemOutcome> traces{};  // one for each item, in the batch's order; only when committed
  std::vector<ItemOutcome> spans{};
  std::vector<TraceId> span_traces{};  // where each span lies; for items that were found by span id
  std::uint64_t sequence = 0;          // of the commit
  std::string error{};
};

}  // namespace llmtrace::collector
