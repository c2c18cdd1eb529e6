// What was decided of traces, remembered for spans that come late and for the tracer's other exporters, so
// that all of them keep the same traces. Any thread.
#pragma once

#include "core/record_view.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace llmtrace::exporting {

struct TraceKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  static TraceKey of(const core::RecordHead& head) noexcept { return {head.trace_high, head.trace_low}; }
  bool operator==(const TraceKey&) const noexcept = default;

  struct Hash {
    std::size_t operator()(const TraceKey& key) const noexcept {
      return static_cast<std::size_t>(key.high * 31 + key.low);
    }
  };
};

class TailDecisions {
 public:
  static constexpr std::size_t most_remembered = 16'384;

  explicit TailDecisions(std::size_t most = most_remembered) noexcept : most_{most} {}

  [[nodiscard]] std::optional<bool> find(const TraceKey& trace) noexcept {
    const std::lock_guard lock{mutex_};
    const auto known = kept_.find(trace);
    return known != kept_.end() ? std::optional{known->second} : std::nullopt;
  }
  // That it is kept; without memory it is forgotten.
  void remember(const TraceKey& trace) noexcept { static_cast<void>(decide(trace, true)); }
  // Whether to keep it: as was said first.
  [[nodiscard]] bool decide(const TraceKey& trace, bool keep) noexcept;

 private:
  std::mutex mutex_;
  std::unordered_map<TraceKey, bool, TraceKey::Hash> kept_;
  std::deque<TraceKey> in_order_;
  std::size_t most_;
};

}  // namespace llmtrace::exporting
