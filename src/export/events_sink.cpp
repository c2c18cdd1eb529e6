#include "export/events_sink.hpp"

#include <algorithm>
#include <utility>

namespace llmtrace::exporting {

EventsSink::EventsSink(std::unique_ptr<Transport> transport, EventEncoder encoder, const BatchLimits& limits,
                       const RetryOptions& retry, std::minstd_rand random, WarnFunction warn) noexcept
    : transport_{std::move(transport)},
      encoder_{std::move(encoder)},
      limits_{std::max(limits.items, least_limits.items), std::max(limits.bytes, least_limits.bytes)},
      sender_{transport_, retry, random, std::move(warn)} {}

bool EventsSink::add_span(const SpanFacts& span) noexcept {
  if (sending_) return false;
  const Added added = hold(span);
  if (added == Added::out_of_memory) ++tally_.out_of_memory;
  return added != Added::full;
}

bool EventsSink::add_trace(const TraceHeader& trace) noexcept {
  if (sending_) return false;
  const Added added = hold(trace);
  if (added == Added::out_of_memory) ++tally_.headers_dropped;
  return added != Added::full;
}

template <class Encode>
bool EventsSink::encode(TextRange& range, Encode&& encode) noexcept {
  const std::size_t first = batch_.bodies().size();
  if (!encode(batch_.bodies())) return false;
  range = {first, batch_.bodies().size()};
  return true;
}

Added EventsSink::take_back(std::size_t before, Added why) noexcept {
  batch_.bodies().roll_back(before);
  return why;
}

Added EventsSink::hold(const SpanFacts& span) noexcept {
  const std::size_t before = batch_.bodies().size();
  const bool is_first = batch_.spans().empty();
  if (!is_first && (batch_.spans().size() >= limits_.items || before + span.payload_bytes() > limits_.bytes))
    return Added::full;
  EventSpan made;
  made.id = span.head().span_id;
  made.parent_id = span.head().parent_id;
  const bool encoded =
      encode(made.create, [&](core::ByteBuffer& to) { return encoder_.new_span(to, span); }) &&
      encode(made.complete, [&](core::ByteBuffer& to) { return encoder_.end_of_span(to, span); });
  if (!encoded) return take_back(before, Added::out_of_memory);
  if (!is_first && batch_.bodies().size() > limits_.bytes) return take_back(before, Added::full);
  try {
    place(span, made);
    return Added::taken;
  } catch (const std::bad_alloc&) {
    return take_back(before, Added::out_of_memory);
  }
}

// A trace whose root is not ours takes its name from the span that began first.
void EventsSink::place(const SpanFacts& span, const EventSpan& made) {
  EventTrace& trace = batch_.trace(TraceKey::of(span.head()));
  const std::int64_t start = span.head().start_ticks;
  batch_.add(trace, made);
  if (trace.headers != 0 || (!trace.create.empty() && trace.first_start <= start)) return;
  // When memory is refused here the trace keeps the name that it has, or is refused as a whole.
  const std::size_t before = batch_.bodies().size();
  if (!encode(trace.create, [&](core::ByteBuffer& to) { return encoder_.new_trace_around(to, span); }))
    batch_.bodies().roll_back(before);
  trace.first_start = start;
}

// The last word on a trace counts: what was said of it while it ran is overwritten.
Added EventsSink::hold(const TraceHeader& header) noexcept {
  const std::size_t before = batch_.bodies().size();
  if (before > 2 * limits_.bytes) return Added::full;
  TextRange create;
  TextRange complete;
  bool encoded = encode(create, [&](core::ByteBuffer& to) { return encoder_.new_trace(to, header); });
  if (header.state != TraceState::running)
    encoded =
        encoded && encode(complete, [&](core::ByteBuffer& to) { return encoder_.end_of_trace(to, header); });
  if (!encoded) return take_back(before, Added::out_of_memory);
  try {
    EventTrace& trace = batch_.trace(TraceKey::of(header.root.head()));
    trace.create = create;
    trace.complete = complete;
    ++trace.headers;
    return Added::taken;
  } catch (const std::bad_alloc&) {
    return take_back(before, Added::out_of_memory);
  }
}

void EventsSink::send(TimePoint now) noexcept {
  if (!has_batch()) return;
  sending_ = true;
  try {
    batch_.sort();
  } catch (const std::bad_alloc&) {  // the order in which they ended: parents may be missing, no span is
  }
  sender_.submit(batch_, now);
  step(now);
}

void EventsSink::step(TimePoint now) noexcept {
  if (!sending_) return;
  sender_.step(now);
  if (sender_.idle()) clear();
  collect();
}

void EventsSink::clear() noexcept {
  batch_.clear(2 * limits_.bytes);
  sending_ = false;
}

void EventsSink::collect() noexcept {
  const SinkTally settled = sender_.take_settled();
  tally_.acknowledged += settled.acknowledged;
  tally_.rejected += settled.rejected;
  tally_.expired += settled.expired;
  tally_.out_of_memory += settled.out_of_memory;
  tally_.shutdown += settled.shutdown;
  tally_.headers_sent += settled.headers_sent;
  tally_.headers_dropped += settled.headers_dropped;
  tally_.requests += transport_.take_count();
}

SinkTally EventsSink::take_settled() noexcept {
  collect();
  return std::exchange(tally_, SinkTally{});
}

void EventsSink::abandon() noexcept {
  if (!sending_) sender_.submit(batch_, TimePoint{});
  sender_.abandon();
  collect();
  clear();
}

}  // namespace llmtrace::exporting
