// One exporter at work: its cursor in the journal, its sink, the traces it knows, and its books. The lane's
// thread runs it; stats() and flush() look in from other threads.
#pragma once

#include "export/exchange_step.hpp"
#include "export/held_traces.hpp"
#include "export/sink.hpp"
#include "export/trace_book.hpp"
#include "journal/journal.hpp"
#include "privacy/record_redactor.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace llmtrace::exporting {

struct ExporterBooks {
  std::uint64_t acknowledged = 0;
  std::uint64_t queued = 0;
  std::uint64_t spooled = 0;
  std::uint64_t rejected = 0;
  std::uint64_t expired = 0;
  std::uint64_t lagging = 0;
  std::uint64_t out_of_memory = 0;
  std::uint64_t shutdown = 0;
  NotKeptTotals not_kept;  // by tail rules
  std::uint64_t headers_sent = 0;
  std::uint64_t headers_dropped = 0;
  std::uint64_t requests = 0;
};

class ExporterTask {
 public:
  using TimePoint = Sink::TimePoint;

  // `held`: nothing, where all traces are shown while they run.
  ExporterTask(journal::Journal& journal, journal::Cursor& cursor, std::unique_ptr<Sink> sink,
               ExchangeStep exchanges, std::unique_ptr<HeldTraces> held,
               std::shared_ptr<const privacy::Rules> hidden)
      : journal_{journal},
        cursor_{cursor},
        sink_{std::move(sink)},
        name_{sink_->name()},
        exchanges_{std::move(exchanges)},
        held_{std::move(held)},
        redactor_{std::move(hidden)} {}

  // The lane's thread.
  void send_up_to(const journal::Position& position) noexcept { target_ = position; }
  // Moves on; true when it should be called again at once. Throws nothing, but lets the unwinding pass of a
  // thread that a user's exporter ends.
  bool step(TimePoint now);
  [[nodiscard]] TimePoint next_event() const noexcept {
    return held_ ? std::min(sink_->next_event(), held_->next_expiry()) : sink_->next_event();
  }
  [[nodiscard]] bool wants_to_send() const noexcept { return target_.has_value(); }
  // Has something to read, and cannot: a producer has not said yet how long its record is.
  [[nodiscard]] bool is_stalled() const noexcept { return target_.has_value() && sink_->idle(); }
  [[nodiscard]] std::size_t unread_bytes() noexcept { return journal_.unread_bytes(cursor_); }

  // Shutdown, on the lane's thread: sends what it can by the deadline; true when it is done or has given up.
  void begin_finish(TimePoint deadline, TimePoint now) noexcept;
  bool finish_step(TimePoint now, bool& again);
  // Settles everything left as lost by shutdown. Any thread, when the lane's does not run or is stuck.
  void abandon_rest() noexcept;
  // The lane's thread, as it ends: connections and files are given back.
  void drop_sink() noexcept {
    const std::lock_guard lock{mutex_};
    sink_.reset();
  }
  // After the lane's thread has ended.
  void let_go() noexcept {
    if (sink_) sink_->let_go();
    redactor_.let_go();
  }
  // The lane's thread has ended before its time: nobody waits for it any more, and its spans stay queued.
  void leave_unattended() noexcept;

  // Any thread. `wake` runs once the request is there for the lane to find.
  template <class Wake>
  bool flush(const journal::Position& target, TimePoint deadline, Wake&& wake) noexcept {
    std::unique_lock lock{mutex_};
    // What a flush has said of losses no later one says again. One before it began may be of its caller's
    // spans.
    const std::uint64_t told = losses_told_;
    if (is_settled(target)) return tell_losses() == told;
    FlushWait wait{target, {}, false};
    if (!add_flush(wait)) return false;
    wake();
    flushed_.wait_until(lock, deadline, [&] { return wait.done || abandoned_ || unattended_; });
    std::erase(flushes_, &wait);
    return tell_losses() == told && wait.done;
  }
  [[nodiscard]] ExporterBooks books() noexcept;
  [[nodiscard]] std::string_view name() const noexcept { return name_; }

 private:
  struct FlushWait {
    journal::Position target;
    // Traces that had begun when the cursor passed the target, all of which are shown before it is done.
    std::optional<std::uint64_t> traces;
    bool done = false;
  };

  [[nodiscard]] bool add_flush(FlushWait& wait) noexcept;
  void settle() noexcept;
  void settle_flushes() noexcept;
  [[nodiscard]] bool is_settled(const journal::Position& target) noexcept;
  [[nodiscard]] bool flush_wants_traces() const noexcept;
  void count_rest(journal::Patience patience) noexcept;
  void count_late() noexcept;
  [[nodiscard]] bool fill_batch(TimePoint now) noexcept;
  [[nodiscard]] bool has_reached_target() noexcept;
  [[nodiscard]] bool read_records(TimePoint now) noexcept;
  [[nodiscard]] bool take(std::string_view record, TimePoint now) noexcept;
  [[nodiscard]] bool offer_held() noexcept;
  [[nodiscard]] bool take_span(const core::RecordView& view, TimePoint now) noexcept;
  [[nodiscard]] bool is_held(const core::RecordView& view, TimePoint now) noexcept;
  void show_start(const core::RecordView& start) noexcept;
  [[nodiscard]] bool offer(const SpanFacts& span) noexcept;
  [[nodiscard]] bool show(const SpanFacts& span) noexcept;
  [[nodiscard]] bool has_ready() const noexcept { return held_ && held_->has_ready(); }
  void expire_held(TimePoint now) noexcept;
  void release_at_the_end(TimePoint now) noexcept;
  void offer_header(const TraceHeader& header) noexcept;
  [[nodiscard]] bool offer_kept_header() noexcept;
  [[nodiscard]] bool tell_open_traces() noexcept;
  [[nodiscard]] bool has_untold_traces() const noexcept;
  [[nodiscard]] std::uint64_t losses() noexcept;
  std::uint64_t tell_losses() noexcept { return losses_told_ = losses(); }

  journal::Journal& journal_;
  journal::Cursor& cursor_;
  std::unique_ptr<Sink> sink_;
  const std::string name_;  // for the books, which outlive the sink
  ExchangeStep exchanges_;
  TraceBook traces_;
  std::unique_ptr<HeldTraces> held_;
  privacy::RecordRedactor redactor_;
  std::optional<journal::Position> target_;
  std::optional<TimePoint> finish_deadline_;
  std::string kept_header_;  // the root of a trace that ended just as the batch was full
  TraceTotals kept_totals_;

  std::mutex mutex_;  // the books, and the moments in which spans move from one of their terms to another
  std::condition_variable flushed_;
  std::uint64_t losses_told_ = 0;  // by a flush that was false for them
  std::vector<FlushWait*> flushes_;
  ExporterBooks books_;
  std::uint64_t in_hand_ = 0;
  bool idle_ = true;  // as the sink was last seen
  bool abandoned_ = false;
  bool unattended_ = false;
};

}  // namespace llmtrace::exporting
