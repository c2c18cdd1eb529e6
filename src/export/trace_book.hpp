// Remembers the traces that this process has begun and not ended, and sums up their spans, so that a trace's
// header can be sent while it runs and when it ends. Bounded: the oldest open trace makes way. One per
// exporter; lane's thread only.
#pragma once

#include "core/record_view.hpp"
#include "export/span_facts.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace llmtrace::exporting {

struct TraceTotals {
  std::uint64_t spans = 0;
  std::uint64_t errors = 0;
  std::int64_t tokens_input = -1;  // -1: no span told
  std::int64_t tokens_output = -1;
  double cost_usd = -1;

  void add(const SpanFacts& span) noexcept;
};

enum class TraceState : std::uint8_t { running, ended, incomplete };

// What a header is made of: the record of its root (as it began, or as it ended) and the sums.
struct TraceHeader {
  core::RecordView root;
  TraceState state = TraceState::running;
  TraceTotals totals;
};

class TraceBook {
 public:
  static constexpr std::size_t most_open_traces = 10'000;

  explicit TraceBook(std::size_t most_open = most_open_traces) noexcept : most_open_{most_open} {}
  TraceBook(const TraceBook&) = delete;
  TraceBook& operator=(const TraceBook&) = delete;

  // A record of RecordType::trace_start. Kept as a copy, without big fields where it is too large.
  void saw_start(const core::RecordView& start) noexcept;

  // Adds a span to its trace, once for each span. When it is the root, the trace has ended and is forgotten,
  // and its header, made from this record, is what remains to be sent: it lives no longer than the record.
  [[nodiscard]] std::optional<TraceHeader> saw_span(const SpanFacts& span) noexcept;

  // Whether tell() has something to offer.
  [[nodiscard]] bool has_untold(bool finishing) const noexcept {
    return finishing ? !begun_.empty() : unannounced_ != 0;
  }
  // Calls `bool offer(const TraceHeader&)` for each trace that runs and was not taken before, until one is
  // not taken. At the shutdown: for all that has begun, as incomplete; what is taken is forgotten.
  template <class Offer>
  void tell(bool finishing, Offer&& offer) noexcept {
    finishing ? tell_open(offer) : tell_unannounced(offer);
  }

  // How many traces have begun so far, and the number of the first that runs and was not taken; as large as
  // can be when there is none.
  [[nodiscard]] std::uint64_t begun() const noexcept { return starts_; }
  [[nodiscard]] std::uint64_t oldest_untold() const noexcept;

  [[nodiscard]] std::size_t open_traces() const noexcept { return begun_.size(); }
  [[nodiscard]] std::size_t remembered_traces() const noexcept { return by_id_.size(); }

 private:
  struct Id {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool operator==(const Id&) const noexcept = default;
  };
  struct IdHash {
    std::size_t operator()(const Id& id) const noexcept {
      return static_cast<std::size_t>(id.high * 31 + id.low);
    }
  };
  struct Entry {
    Id id;
    TraceTotals totals;
    std::string start;         // the root's record; empty: only spans were seen
    std::uint64_t number = 0;  // in the order of the beginning
    bool announced = false;
  };
  using Entries = std::list<Entry>;

  [[nodiscard]] static Id id_of(const core::RecordHead& head) noexcept {
    return {head.trace_high, head.trace_low};
  }
  Entry* find(const Id& id) noexcept;
  Entry* find_or_add(const Id& id) noexcept;  // nullptr without memory
  void forget(const Id& id) noexcept;
  void forget_oldest(Entries& entries) noexcept;
  void remember_start(Entry& entry, const core::RecordView& start);

  template <class Offer>
  static bool offer_one(const Entry& entry, TraceState state, Offer& offer) noexcept {
    const auto root = core::RecordView::parse(entry.start);
    return !root || offer(TraceHeader{*root, state, entry.totals});
  }
  template <class Offer>
  void tell_unannounced(Offer& offer) noexcept {
    for (auto entry = begun_.begin(); unannounced_ != 0 && entry != begun_.end(); ++entry) {
      if (entry->announced) continue;
      if (!offer_one(*entry, TraceState::running, offer)) return;
      entry->announced = true;
      --unannounced_;
    }
  }
  template <class Offer>
  void tell_open(Offer& offer) noexcept {
    while (!begun_.empty() && offer_one(begun_.front(), TraceState::incomplete, offer)) forget_oldest(begun_);
  }

  // Apart, so that traces whose root lives in another process do not drive out our own.
  Entries begun_;  // in the order of their beginning
  Entries only_spans_;
  std::unordered_map<Id, Entries::iterator, IdHash> by_id_;
  Entries::iterator last_{};  // what the last span belonged to, when `has_last_`
  bool has_last_ = false;
  std::size_t start_bytes_ = 0;
  std::uint64_t starts_ = 0;
  std::size_t unannounced_ = 0;
  std::size_t most_open_;
};

}  // namespace llmtrace::exporting
