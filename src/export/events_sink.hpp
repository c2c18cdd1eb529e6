// The exporter of the per-event protocol: collects traces with their spans and makes the calls for them. The
// protocol has a parent's name only after the parent was created, so it is given whole traces, as far as they
// fit into a batch.
#pragma once

#include "export/batch_limits.hpp"
#include "export/counting_transport.hpp"
#include "export/event_batch.hpp"
#include "export/event_encoder.hpp"
#include "export/event_sender.hpp"
#include "export/sink.hpp"

#include <memory>

namespace llmtrace::exporting {

class EventsSink final : public Sink {
 public:
  // A batch is as large as the largest trace that is to keep its shape.
  static constexpr BatchLimits least_limits{10'000, std::size_t{4} << 20};

  EventsSink(std::unique_ptr<Transport> transport, EventEncoder encoder, const BatchLimits& limits,
             const RetryOptions& retry, std::minstd_rand random, WarnFunction warn) noexcept;

  [[nodiscard]] std::string_view name() const noexcept override { return "events"; }
  [[nodiscard]] bool needs_header_first() const noexcept override { return true; }
  [[nodiscard]] bool idle() const noexcept override { return !sending_; }
  [[nodiscard]] bool add_span(const SpanFacts& span) noexcept override;
  [[nodiscard]] bool add_trace(const TraceHeader& trace) noexcept override;
  [[nodiscard]] bool has_batch() const noexcept override { return !sending_ && !batch_.empty(); }
  void send(TimePoint now) noexcept override;
  void step(TimePoint now) noexcept override;
  [[nodiscard]] TimePoint next_event() const noexcept override { return sender_.next_event(); }
  [[nodiscard]] SinkTally take_settled() noexcept override;
  void finish_by(TimePoint deadline, TimePoint now) noexcept override { sender_.finish_by(deadline, now); }
  [[nodiscard]] bool gave_up() const noexcept override { return sender_.gave_up(); }
  void abandon() noexcept override;

 private:
  [[nodiscard]] Added hold(const SpanFacts& span) noexcept;
  [[nodiscard]] Added hold(const TraceHeader& header) noexcept;
  void place(const SpanFacts& span, const EventSpan& made);
  [[nodiscard]] Added take_back(std::size_t before, Added why) noexcept;
  template <class Encode>
  [[nodiscard]] bool encode(TextRange& range, Encode&& encode) noexcept;
  void collect() noexcept;
  void clear() noexcept;

  CountingTransport transport_;
  EventEncoder encoder_;
  BatchLimits limits_;
  EventBatch batch_;
  EventSender sender_;
  SinkTally tally_;
  bool sending_ = false;
};

}  // namespace llmtrace::exporting
