// How the service of the events exporter calls our traces and spans. Bounded: the trace that was used longest
// ago is forgotten.
#pragma once

#include "export/tail_decisions.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace llmtrace::exporting {

class EventBook {
 public:
  static constexpr std::size_t most_known_traces = 1'000;
  static constexpr std::size_t most_known_spans = 50'000;

  explicit EventBook(std::size_t most_traces = most_known_traces,
                     std::size_t most_spans = most_known_spans) noexcept
      : most_traces_{most_traces}, most_spans_{most_spans} {}

  // Empty when it is not known. Lives until the book is changed.
  [[nodiscard]] std::string_view trace(const TraceKey& key) const noexcept;
  [[nodiscard]] std::string_view span(const TraceKey& key, std::uint64_t span) const noexcept;
  // Its root lives in this process.
  [[nodiscard]] bool is_own(const TraceKey& key) const noexcept;

  // May throw std::bad_alloc.
  void add_trace(const TraceKey& key, std::string_view id, bool own);
  void add_span(const TraceKey& key, std::uint64_t span, std::string_view id);
  void forget(const TraceKey& key) noexcept;

 private:
  struct Trace {
    TraceKey key;
    std::string id;
    bool own = false;
    std::unordered_map<std::uint64_t, std::string> spans;
  };
  using Traces = std::list<Trace>;

  [[nodiscard]] const Trace* find(const TraceKey& key) const noexcept;
  void make_room(const TraceKey& but_not) noexcept;

  std::size_t most_traces_;
  std::size_t most_spans_;
  std::size_t spans_ = 0;
  Traces traces_;  // what was used last at the end
  std::unordered_map<TraceKey, Traces::iterator, TraceKey::Hash> by_key_;
};

}  // namespace llmtrace::exporting
