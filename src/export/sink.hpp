// An exporter as its lane drives it: records go in one by one until the batch is full, then the batch is
// sent, then its spans are settled. Everything is called from the lane's thread only.
#pragma once

#include "export/span_facts.hpp"
#include "export/trace_book.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace llmtrace::exporting {

// How the spans and headers that were handed over have ended; each is counted once.
struct SinkTally {
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;
  std::uint64_t expired = 0;
  std::uint64_t out_of_memory = 0;
  std::uint64_t shutdown = 0;
  std::uint64_t headers_sent = 0;
  std::uint64_t headers_dropped = 0;
  std::uint64_t requests = 0;
};

class Sink {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~Sink() = default;
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

  // Wants to know of a trace before it gets the first of its spans, also while the trace runs.
  [[nodiscard]] virtual bool needs_header_first() const noexcept { return false; }

  // No batch is on its way: records may be added.
  [[nodiscard]] virtual bool idle() const noexcept = 0;
  // False when the batch is full: the record was not taken and is offered again with the next batch. An empty
  // batch takes any record. What cannot be encoded is taken, and settled as out_of_memory.
  [[nodiscard]] virtual bool add_span(const SpanFacts& span) noexcept = 0;
  [[nodiscard]] virtual bool add_trace(const TraceHeader& trace) noexcept = 0;
  // Begins to send what was added; nothing to do for an empty batch. Throws nothing, but lets the unwinding
  // pass of a thread that a user's exporter ends.
  virtual void send(TimePoint now) = 0;
  // Something was added and not sent yet.
  [[nodiscard]] virtual bool has_batch() const noexcept = 0;
  // Moves on what is being sent.
  virtual void step(TimePoint now) noexcept = 0;
  // When step() has something to do by itself; TimePoint::max() for never.
  [[nodiscard]] virtual TimePoint next_event() const noexcept = 0;
  [[nodiscard]] virtual SinkTally take_settled() noexcept = 0;

  // Shutdown: one more try for what is on its way, until the deadline …
  virtual void finish_by(TimePoint deadline, TimePoint now) noexcept = 0;
  // … after which nothing more is worth trying …
  [[nodiscard]] virtual bool gave_up() const noexcept = 0;
  // … and the rest is settled as `shutdown`.
  virtual void abandon() noexcept = 0;
  // Nothing comes any more: lets go of what belongs to the host. Any thread, after the lane's has ended.
  virtual void let_go() noexcept {}
};

}  // namespace llmtrace::exporting
