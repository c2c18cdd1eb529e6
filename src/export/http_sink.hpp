// The native HTTP exporter: encodes spans and headers and posts them, first the spans of a batch, then its
// headers.
#pragma once

#include "export/batch_builder.hpp"
#include "export/batch_sender.hpp"
#include "export/counting_transport.hpp"
#include "export/native_encoder.hpp"
#include "export/sink.hpp"

#include <memory>

namespace llmtrace::exporting {

class HttpSink final : public Sink {
 public:
  HttpSink(std::unique_ptr<Transport> transport, NativeEncoder encoder, const BatchLimits& limits,
           const RetryOptions& retry, std::minstd_rand random, WarnFunction warn) noexcept;

  [[nodiscard]] std::string_view name() const noexcept override { return "http"; }
  [[nodiscard]] bool idle() const noexcept override { return !sending_; }
  [[nodiscard]] bool add_span(const SpanFacts& span) noexcept override;
  [[nodiscard]] bool add_trace(const TraceHeader& trace) noexcept override;
  [[nodiscard]] bool has_batch() const noexcept override;
  void send(TimePoint now) noexcept override;
  void step(TimePoint now) noexcept override;
  [[nodiscard]] TimePoint next_event() const noexcept override;
  [[nodiscard]] SinkTally take_settled() noexcept override;
  void finish_by(TimePoint deadline, TimePoint now) noexcept override { sender_.finish_by(deadline, now); }
  [[nodiscard]] bool gave_up() const noexcept override { return sender_.gave_up(); }
  void abandon() noexcept override;

 private:
  void advance(TimePoint now) noexcept;
  void take_back_storage() noexcept;
  void collect() noexcept;

  CountingTransport transport_;
  NativeEncoder encoder_;
  BatchBuilder spans_;
  BatchBuilder traces_;
  BatchSender sender_;
  SinkTally tally_;
  bool sending_ = false;
  BatchBuilder* on_its_way_ = nullptr;
};

}  // namespace llmtrace::exporting
