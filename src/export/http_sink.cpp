#include "export/http_sink.hpp"

#include <utility>

namespace llmtrace::exporting {

HttpSink::HttpSink(std::unique_ptr<Transport> transport, NativeEncoder encoder, const BatchLimits& limits,
                   const RetryOptions& retry, std::minstd_rand random, WarnFunction warn) noexcept
    : transport_{std::move(transport)},
      encoder_{std::move(encoder)},
      spans_{EncodedBatch::Kind::spans, limits},
      traces_{EncodedBatch::Kind::traces, limits},
      sender_{transport_, retry, random, std::move(warn)} {}

bool HttpSink::add_span(const SpanFacts& span) noexcept {
  if (sending_) return false;
  const Added added =
      spans_.add(span.payload_bytes(), [&](core::ByteBuffer& items) { return encoder_.span(items, span); });
  if (added == Added::out_of_memory) ++tally_.out_of_memory;
  return added != Added::full;
}

bool HttpSink::add_trace(const TraceHeader& trace) noexcept {
  if (sending_) return false;
  const Added added = traces_.add(0, [&](core::ByteBuffer& items) { return encoder_.trace(items, trace); });
  if (added == Added::out_of_memory) ++tally_.headers_dropped;
  return added != Added::full;
}

bool HttpSink::has_batch() const noexcept { return !sending_ && (spans_.size() != 0 || traces_.size() != 0); }

void HttpSink::send(TimePoint now) noexcept {
  if (!has_batch()) return;
  sending_ = true;
  step(now);
}

void HttpSink::step(TimePoint now) noexcept {
  if (!sending_) return;
  sender_.step(now);
  collect();
  if (sender_.idle()) advance(now);
}

// Hands the sender what comes next: the spans, then the headers, then nothing.
void HttpSink::advance(TimePoint now) noexcept {
  take_back_storage();
  BatchBuilder& next = spans_.size() != 0 ? spans_ : traces_;
  if (next.size() == 0) {
    sending_ = false;
  } else if (sender_.submit(std::move(next.batch()), now)) {
    next.restart();
    on_its_way_ = &next;
    sender_.step(now);
  }
}

void HttpSink::take_back_storage() noexcept {
  BatchBuilder* const done = std::exchange(on_its_way_, nullptr);
  if (done != nullptr) done->restart(sender_.reclaim());
}

HttpSink::TimePoint HttpSink::next_event() const noexcept {
  return sending_ ? sender_.next_event() : TimePoint::max();
}

void HttpSink::collect() noexcept {
  const Settled settled = sender_.take_settled();
  const Tally& spans = settled.of(EncodedBatch::Kind::spans);
  tally_.acknowledged += spans.accepted;
  tally_.rejected += spans.rejected;
  tally_.expired += spans.expired;
  tally_.shutdown += spans.abandoned;
  const Tally& traces = settled.of(EncodedBatch::Kind::traces);
  tally_.headers_sent += traces.accepted;
  tally_.headers_dropped += traces.rejected + traces.expired + traces.abandoned;
  tally_.requests += transport_.take_count();
}

SinkTally HttpSink::take_settled() noexcept {
  collect();
  return std::exchange(tally_, SinkTally{});
}

void HttpSink::abandon() noexcept {
  sender_.abandon();
  collect();
  take_back_storage();
  tally_.shutdown += spans_.size();
  tally_.headers_dropped += traces_.size();
  spans_.restart();
  traces_.restart();
  sending_ = false;
}

}  // namespace llmtrace::exporting
