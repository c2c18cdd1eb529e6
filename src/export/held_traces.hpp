// With `Options::live = false`: the records of traces whose root has not ended, held back until it has.
// Bounded: when there is too much of it, the oldest trace is let go early. One per exporter; under its books'
// mutex.
#pragma once

#include "core/record_view.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <string_view>

namespace llmtrace::exporting {

class HeldTraces {
 public:
  static constexpr std::size_t most_bytes = 8u << 20;

  explicit HeldTraces(std::size_t most = most_bytes) noexcept : most_{most} {}

  // True when the record is kept here. The end of a root makes its trace ready.
  [[nodiscard]] bool take(const core::RecordView& record) noexcept;
  // Lets everything go, and from now on takes nothing.
  void release_all() noexcept;

  // What is ready to be sent, in the order of its coming.
  [[nodiscard]] bool has_ready() const noexcept { return !ready_.empty(); }
  [[nodiscard]] std::string_view front() const noexcept { return ready_.front(); }
  void pop() noexcept;

  [[nodiscard]] std::uint64_t spans() const noexcept { return spans_; }

 private:
  struct Trace {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::deque<std::string> records;
  };
  using Traces = std::list<Trace>;

  [[nodiscard]] Traces::iterator find(const core::RecordHead& head) noexcept;
  void add(Trace& trace, const core::RecordView& record);
  void release(Traces::iterator trace) noexcept;

  Traces open_;  // oldest first
  std::deque<std::string> ready_;
  std::size_t most_;
  std::size_t bytes_ = 0;
  std::uint64_t spans_ = 0;
  bool over_ = false;
};

}  // namespace llmtrace::exporting
