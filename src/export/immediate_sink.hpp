// What exporters have in common that deliver a batch within send(): nothing is ever on its way, nothing is
// tried twice, and a batch is accepted or lost as a whole.
#pragma once

#include "export/batch_limits.hpp"
#include "export/sink.hpp"

namespace llmtrace::exporting {

class ImmediateSink : public Sink {
 public:
  [[nodiscard]] bool idle() const noexcept final { return true; }
  [[nodiscard]] bool add_span(const SpanFacts& span) noexcept final;
  [[nodiscard]] bool add_trace(const TraceHeader& trace) noexcept final;
  [[nodiscard]] bool has_batch() const noexcept final { return spans_ + headers_ != 0; }
  void send(TimePoint now) final;
  void step(TimePoint) noexcept override {}
  [[nodiscard]] TimePoint next_event() const noexcept override { return TimePoint::max(); }
  [[nodiscard]] SinkTally take_settled() noexcept final;
  void finish_by(TimePoint, TimePoint) noexcept override {}
  [[nodiscard]] bool gave_up() const noexcept final { return false; }
  void abandon() noexcept final;

 protected:
  explicit ImmediateSink(const BatchLimits& limits) noexcept : limits_{limits} {}
  [[nodiscard]] const BatchLimits& limits() const noexcept { return limits_; }

 private:
  virtual Added hold(const SpanFacts& span) noexcept = 0;
  virtual Added hold(const TraceHeader& trace) noexcept = 0;
  // Whether the batch was accepted. What was held is gone afterwards. Never called for an empty batch.
  virtual bool deliver(TimePoint now) = 0;
  virtual void drop() noexcept = 0;

  BatchLimits limits_;
  std::uint64_t spans_ = 0;
  std::uint64_t headers_ = 0;
  SinkTally tally_;
};

}  // namespace llmtrace::exporting
