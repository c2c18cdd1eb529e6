#include "export/exporter_task.hpp"

#include "export/settle_observer.hpp"

#include <algorithm>
#include <new>
#include <thread>

namespace llmtrace::exporting {

namespace {

constexpr int looks_for_producers =
    50;  // a millisecond apart: one that was preempted comes back in that time

}  // namespace

bool ExporterTask::step(TimePoint now) {
  sink_->step(now);
  bool filled = false;
  {
    const std::lock_guard lock{mutex_};
    if (abandoned_) return false;
    settle();
    idle_ = sink_->idle();
    if (!idle_) return false;
    expire_held(now);
    settle_flushes();
    if (target_) filled = fill_batch(now);
    if (!filled) settle_flushes();  // nothing of what was read is to be sent: no later step is due
    idle_ = !filled;
  }
  // Outside the lock: a user's exporter runs in here, and may ask for the books.
  if (filled) sink_->send(now);
  return filled;
}

void ExporterTask::settle() noexcept {
  const SinkTally tally = sink_->take_settled();
  books_.acknowledged += tally.acknowledged;
  books_.rejected += tally.rejected;
  books_.expired += tally.expired;
  books_.out_of_memory += tally.out_of_memory;
  books_.shutdown += tally.shutdown;
  books_.headers_sent += tally.headers_sent;
  books_.headers_dropped += tally.headers_dropped;
  books_.requests += tally.requests;
  tell_settled(sink_->name(), tally.acknowledged);
  in_hand_ -= tally.acknowledged + tally.rejected + tally.expired + tally.out_of_memory + tally.shutdown;
}

// Nothing is on its way: whoever waits for a position that the cursor has passed has what it waited for.
void ExporterTask::settle_flushes() noexcept {
  bool any = false;
  for (FlushWait* wait : flushes_) {
    if (wait->done || !kept_header_.empty() || !journal_.reached(cursor_, wait->target)) continue;
    if (!wait->traces) wait->traces = traces_.begun();
    if (traces_.oldest_untold() < *wait->traces) continue;
    wait->done = true;
    any = true;
  }
  if (any) flushed_.notify_all();
}

// Nothing that ended before `target` is still to be acknowledged.
bool ExporterTask::is_settled(const journal::Position& target) noexcept {
  return idle_ && !abandoned_ && in_hand_ == 0 && kept_header_.empty() && !(held_ && held_->has_ready()) &&
         journal_.reached(cursor_, target) && !has_untold_traces();
}

// Somebody waits for traces to be shown, and must not do so for as long as there are spans to read.
bool ExporterTask::flush_wants_traces() const noexcept {
  return std::any_of(flushes_.begin(), flushes_.end(), [this](const FlushWait* wait) {
    return !wait->done && wait->traces && traces_.oldest_untold() < *wait->traces;
  });
}

// True when there is a batch to send. Otherwise everything up to the target has been taken.
bool ExporterTask::fill_batch(TimePoint now) noexcept {
  const bool had_kept = !kept_header_.empty();
  if (had_kept && !offer_kept_header()) return true;
  const std::uint64_t before = in_hand_;
  bool headers = had_kept;
  if (flush_wants_traces()) headers = tell_open_traces() || headers;
  bool full = false;
  do {
    full = !offer_held() || read_records(now);
    if (!full && !has_ready()) release_at_the_end(now);
  } while (!full && has_ready());
  if (!full && has_reached_target()) {
    headers = tell_open_traces() || headers;
    if (!has_untold_traces()) target_.reset();
  }
  return full || headers || in_hand_ != before || sink_->has_batch();
}

// At the shutdown a producer that has reserved and not committed is waited for: it is between two
// instructions.
bool ExporterTask::has_reached_target() noexcept {
  return finish_deadline_ ? journal_.drained(cursor_) : journal_.reached(cursor_, *target_);
}

// A trace that was held for as long as may be is sent, or is not: also when nothing else is to be.
void ExporterTask::expire_held(TimePoint now) noexcept {
  if (!held_) return;
  held_->expire(now);
  if (held_->has_ready() && !target_) target_ = journal_.end();
}

// At the shutdown, when all that is known of the traces has been read.
void ExporterTask::release_at_the_end(TimePoint now) noexcept {
  if (held_ && finish_deadline_ && has_reached_target()) held_->release_all(now);
}

// True when the sink refused a record because its batch is full. Stops where traces that were held are to go
// before what comes next.
bool ExporterTask::read_records(TimePoint now) noexcept {
  journal::Reading reading{journal_, cursor_, now};
  std::string_view record;
  while (!has_ready() && reading.peek(record)) {
    if (!take(record, now)) return true;
    reading.take();
    if (!kept_header_.empty()) return true;
  }
  return false;
}

// False when the record must come again with the next batch.
bool ExporterTask::take(std::string_view record, TimePoint now) noexcept {
  const auto view = core::RecordView::parse(record);
  if (!view) return true;
  if (view->is_span()) return take_span(*view, now);
  if (!is_held(*view, now)) show_start(*view);
  return true;
}

// What everybody behind this sees of a span is what its exchange was found to say.
bool ExporterTask::take_span(const core::RecordView& view, TimePoint now) noexcept {
  const SpanFacts recorded{view};
  if (!exchanges_.applies(recorded)) return is_held(view, now) || offer(recorded);
  const core::RecordView read = exchanges_.read(recorded).value_or(view);
  return is_held(read, now) || offer(SpanFacts{read});
}

// Or is not to be kept at all.
bool ExporterTask::is_held(const core::RecordView& view, TimePoint now) noexcept {
  return held_ && held_->take(view, now) != HeldTraces::Taken::not_held;
}

// Traces that were held back and may be sent now. False when the batch is full.
bool ExporterTask::offer_held() noexcept {
  while (has_ready()) {
    const auto view = core::RecordView::parse(held_->front());
    if (view && view->is_span() && !offer(SpanFacts{*view})) return false;
    if (view && !view->is_span()) show_start(*view);
    held_->pop();
    if (!kept_header_.empty()) return false;
  }
  return true;
}

void ExporterTask::show_start(const core::RecordView& start) noexcept {
  if (const auto shown = core::RecordView::parse(redactor_.apply(start.bytes()))) traces_.saw_start(*shown);
}

// Nobody behind this sees anything of a record but what may be seen of it.
bool ExporterTask::offer(const SpanFacts& span) noexcept {
  const std::string_view all = span.record().bytes();
  const std::string_view shown = redactor_.apply(all);
  if (shown.data() == all.data()) return show(span);
  const auto view = core::RecordView::parse(shown);
  return !view || show(SpanFacts{*view});
}

bool ExporterTask::show(const SpanFacts& span) noexcept {
  if (sink_->needs_header_first())
    traces_.tell(false, [this](const TraceHeader& header) { return sink_->add_trace(header); });
  if (!sink_->add_span(span)) return false;
  ++in_hand_;
  // When its trace has ended with it and the batch is full, the header is kept for the next one.
  if (const auto ended = traces_.saw_span(span)) offer_header(*ended);
  return true;
}

void ExporterTask::offer_header(const TraceHeader& header) noexcept {
  if (sink_->add_trace(header)) return;
  try {
    kept_header_.assign(header.root.bytes());
    kept_totals_ = header.totals;
  } catch (const std::bad_alloc&) {
    ++books_.headers_dropped;
  }
}

bool ExporterTask::offer_kept_header() noexcept {
  const auto view = core::RecordView::parse(kept_header_);
  if (view && !sink_->add_trace({*view, TraceState::ended, kept_totals_})) return false;
  kept_header_.clear();
  return true;
}

// Traces that run are shown as running, once; at shutdown those that never ended are told to be incomplete.
bool ExporterTask::tell_open_traces() noexcept {
  bool any = false;
  const auto tell = [&](const TraceHeader& header) {
    const bool taken = sink_->add_trace(header);
    any = any || taken;
    return taken;
  };
  traces_.tell(finish_deadline_.has_value(), tell);
  return any;
}

bool ExporterTask::has_untold_traces() const noexcept {
  return traces_.has_untold(finish_deadline_.has_value());
}

std::uint64_t ExporterTask::losses() noexcept {
  return books_.rejected + books_.expired + books_.out_of_memory + books_.shutdown + journal_.lagged(cursor_);
}

bool ExporterTask::add_flush(FlushWait& wait) noexcept {
  try {
    flushes_.push_back(&wait);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void ExporterTask::begin_finish(TimePoint deadline, TimePoint now) noexcept {
  const std::lock_guard lock{mutex_};
  finish_deadline_ = deadline;
  target_ = journal_.end();
  sink_->finish_by(deadline, now);
}

bool ExporterTask::finish_step(TimePoint now, bool& again) {
  const bool moved = step(now);
  again = again || moved;
  if (now >= *finish_deadline_ || sink_->gave_up()) return true;
  return !moved && sink_->idle() && !target_;
}

void ExporterTask::abandon_rest() noexcept {
  const std::lock_guard lock{mutex_};
  if (abandoned_) return;
  abandoned_ = true;
  books_.shutdown += in_hand_ + (held_ ? held_->spans() : 0);
  in_hand_ = 0;
  count_rest(journal::Patience::usual);
  for (int looks = 0; looks < looks_for_producers && !journal_.drained(cursor_); ++looks) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    count_rest(journal::Patience::usual);
  }
  count_rest(journal::Patience::none);
  flushed_.notify_all();
}

void ExporterTask::count_rest(journal::Patience patience) noexcept {
  journal::Reading reading{journal_, cursor_, std::chrono::steady_clock::now(), patience};
  std::string_view record;
  while (reading.peek(record)) {
    const auto view = core::RecordView::parse(record);
    if (view && view->is_span()) ++books_.shutdown;
    reading.take();
  }
}

// A producer that was given up at the shutdown has come back since.
void ExporterTask::count_late() noexcept {
  journal::Reading reading{journal_, cursor_, std::chrono::steady_clock::now()};
  std::string_view record;
  while (reading.peek_late(record)) {
    const auto view = core::RecordView::parse(record);
    if (view && view->is_span()) ++books_.shutdown;
    reading.take();
  }
}

void ExporterTask::leave_unattended() noexcept {
  const std::lock_guard lock{mutex_};
  unattended_ = true;
  flushed_.notify_all();
}

ExporterBooks ExporterTask::books() noexcept {
  const std::lock_guard lock{mutex_};
  if (abandoned_) count_late();
  ExporterBooks books = books_;
  books.lagging = journal_.lagged(cursor_);
  if (held_) books.not_kept = held_->not_kept();
  if (!abandoned_) books.queued = in_hand_ + (held_ ? held_->spans() : 0) + journal_.count_unread(cursor_);
  return books;
}

}  // namespace llmtrace::exporting
