// The records of traces that are not to be sent yet, in a buffer beside the journal: with `Options::live =
// false` until their roots have ended, with `Options::tail` until it is decided whether they are kept.
// Bounded: when there is too much of it, the oldest trace is let go early, or decided by what is known. One
// per exporter; under its books' mutex.
#pragma once

#include "core/record_view.hpp"
#include "export/tail_rules.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace llmtrace::exporting {

struct HoldSettings {
  static constexpr std::size_t usual_bytes = 8u << 20;

  bool live = true;
  std::optional<TailSettings> tail;
  // Parts of traces that began elsewhere are held as well, until the first of their spans here has ended, but
  // no longer than this.
  std::optional<std::chrono::milliseconds> parts_wait = std::nullopt;

  [[nodiscard]] bool holds() const noexcept { return !live || tail.has_value(); }
  [[nodiscard]] std::size_t most_bytes() const noexcept { return tail ? tail->buffer_bytes : usual_bytes; }
};

// Of the traces that were not kept.
struct NotKeptTotals {
  std::uint64_t traces = 0;  // whose roots have ended
  std::uint64_t spans = 0;
  std::uint64_t errors = 0;
  std::uint64_t tokens_input = 0;
  std::uint64_t tokens_output = 0;
  double cost_usd = 0;

  void add(const TailEvidence& of_trace) noexcept;
};

class HeldTraces {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Taken : std::uint8_t { not_held, held, not_kept };

  // The clock outlives it; `decisions` only where there are tail rules, or parts are held: then its own.
  HeldTraces(HoldSettings settings, std::shared_ptr<TailDecisions> decisions,
             const core::ClockMap* clock) noexcept
      : settings_{std::move(settings)}, decisions_{std::move(decisions)}, clock_{clock} {}

  [[nodiscard]] Taken take(const core::RecordView& view, TimePoint now) noexcept;
  // Decides what has waited long enough.
  void expire(TimePoint now) noexcept;
  [[nodiscard]] TimePoint next_expiry() const noexcept;
  // Decides everything, and from now on holds nothing that is decided.
  void release_all(TimePoint now) noexcept;

  // What is ready to be sent, in the order of its coming.
  [[nodiscard]] bool has_ready() const noexcept { return !ready_.empty(); }
  [[nodiscard]] std::string_view front() const noexcept { return ready_.front(); }
  void pop() noexcept;

  [[nodiscard]] std::uint64_t spans() const noexcept { return spans_; }
  [[nodiscard]] const NotKeptTotals& not_kept() const noexcept { return not_kept_; }

 private:
  struct Trace {
    TraceKey key;
    TimePoint since;
    TailEvidence evidence;
    std::list<std::string> records;
    std::size_t bytes = 0;
    bool is_part = false;  // its beginning was not seen
  };
  using Traces = std::list<Trace>;

  [[nodiscard]] bool holds_parts() const noexcept { return !settings_.tail && settings_.parts_wait; }
  [[nodiscard]] Traces::const_iterator next_to_expire() const noexcept;
  [[nodiscard]] TimePoint expiry_of(const Trace& trace) const noexcept;
  [[nodiscard]] Taken take_decided(bool kept, const core::RecordView& view) noexcept;
  [[nodiscard]] bool begins_to_hold(const core::RecordView& view) const noexcept;
  [[nodiscard]] bool ends_trace(const core::RecordView& view) const noexcept;
  [[nodiscard]] Traces::iterator find(const TraceKey& key) noexcept;
  [[nodiscard]] Traces::iterator begin_trace(const core::RecordView& view, TimePoint now);
  void add(Trace& trace, const core::RecordView& view);
  void decide(Traces::iterator trace, TimePoint now) noexcept;
  void release(Traces::iterator trace) noexcept;
  void drop(Traces::iterator trace) noexcept;
  void forget(Traces::iterator trace) noexcept;

  HoldSettings settings_;
  std::shared_ptr<TailDecisions> decisions_;
  const core::ClockMap* clock_;
  Traces open_;  // oldest first
  std::unordered_map<TraceKey, Traces::iterator, TraceKey::Hash> by_key_;
  std::list<std::string> ready_;
  std::size_t bytes_ = 0;  // of what is open
  std::size_t parts_ = 0;  // among it
  std::uint64_t spans_ = 0;
  NotKeptTotals not_kept_;
  bool over_ = false;
};

}  // namespace llmtrace::exporting
