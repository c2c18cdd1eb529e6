#include "journal/journal.hpp"
#include "journal/words.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace llmtrace::journal {

using detail::journal_slots;

namespace {

// For the search, which comes across what a producer is copying at this moment. That word is no frame's, and
// only a frame's own words are believed, which are read again in order then. So this one race is meant, and
// the tool that finds races is told.
__attribute__((no_sanitize("thread"), noinline)) std::uint64_t look_at(const std::uint64_t* word) noexcept {
  return *static_cast<const volatile std::uint64_t*>(word);
}

}  // namespace

Reading::Reading(Journal& journal, Cursor& cursor, TimePoint now, Patience patience) noexcept
    : journal_{journal}, cursor_{cursor}, now_{now}, patience_{patience} {
  const std::lock_guard lock{journal_.mutex_};
  cursor_.oldest_when_busy_ = cursor_.oldest();
  cursor_.busy_ = true;
  from_ = cursor_.at_;
}

Reading::~Reading() {
  const std::lock_guard lock{journal_.mutex_};
  cursor_.busy_ = false;
  leave_out_torn();
  journal_.learn_spans(cursor_, journal_.oldest_);
  journal_.release_passed();
  if (journal_.cursors_.size() > 1)
    journal_.refused_.store(Reserve::done, std::memory_order_relaxed);  // a laggard is free again
}

// A record that another exporter had given up is of no segment any more, even where its producer came back
// early enough for it to be taken here in its turn.
void Reading::leave_out_torn() noexcept {
  const std::uint32_t end = cursor_.at_.sequence + 1;
  for (std::uint32_t sequence = from_.sequence; sequence != end; ++sequence)
    for (const Journal::TornFrame& torn : journal_.torn_[sequence % journal_slots]) leave_out(torn);
}

void Reading::leave_out(const Journal::TornFrame& torn) noexcept {
  const auto is_hole = [this](const Position& at) {
    return std::any_of(cursor_.holes_.begin(), cursor_.holes_.end(),
                       [&at](const Cursor::Hole& hole) { return hole.covers(at); });
  };
  for (Position at = torn.at; torn.covers(at) && at < cursor_.at_;) {
    const detail::FrameHead head = Journal::head_of(journal_.frame_at(at));
    if (head.epoch != torn.epoch) return;
    const bool is_span = (head.size & detail::frame_is_no_span) == 0;
    if (is_span && !(at < from_) && !is_hole(at)) --cursor_.read_[at.sequence % journal_slots];
    at.offset += detail::frame_size(bare_size(head.size));
  }
}

bool Reading::peek(std::string_view& record) noexcept {
  from_hole_ = peek_hole(record);
  return from_hole_ || peek_frame(record);
}

// Holes that have been filled since they were passed.
bool Reading::peek_hole(std::string_view& record) noexcept {
  for (; next_hole_ < cursor_.holes_.size(); ++next_hole_) {
    Cursor::Hole& hole = cursor_.holes_[next_hole_];
    if (journal_.is_committed(hole)) {
      if (hole.given_up) journal_.came_back(hole);
      peeked_size_ = Journal::head_of(hole.frame).size;
      record = {reinterpret_cast<const char*>(hole.frame) + sizeof(detail::FrameHead),
                bare_size(peeked_size_)};
      const std::uint32_t end = hole.at.offset + detail::frame_size(bare_size(peeked_size_));
      if (end >= hole.end || journal_.part(cursor_, next_hole_, end)) return true;
      continue;  // it waits until what lies behind it can be remembered
    }
    if (!hole.given_up && too_old(hole.since)) journal_.give_up(hole);
  }
  return false;
}

bool Reading::peek_frame(std::string_view& record) noexcept {
  for (;;) {
    const std::uint32_t sequence = cursor_.at_.sequence;
    if (!know_limit()) return false;
    if (cursor_.at_.offset >= limit_) {
      if (!is_over_) return false;
      cursor_.at_ = {sequence + 1, 0};
      continue;
    }
    const unsigned char* frame = journal_.frame_at(cursor_.at_);
    const detail::FrameHead head = Journal::head_of(frame);
    const std::uint32_t size = bare_size(head.size);
    if (head.epoch != journal_.front_.epoch_of(sequence) || size > limit_ - cursor_.at_.offset) {
      if (!pass_headless(limit_)) return false;
      continue;
    }
    cursor_.headless_since_ = {};
    if (journal_.is_committed(cursor_.at_, frame)) {
      peeked_size_ = head.size;
      record = {reinterpret_cast<const char*>(frame) + sizeof(detail::FrameHead), size};
      return true;
    }
    const std::uint32_t end = cursor_.at_.offset + detail::frame_size(size);
    if (!add_hole(end, false)) return false;
    cursor_.at_.offset = end;
  }
}

// How far the segment goes, as of when the cursor last came to its end. Asking for each record would take the
// tail's cache line from the producers each time.
bool Reading::know_limit() noexcept {
  const std::uint32_t sequence = cursor_.at_.sequence;
  if (limit_of_ == sequence && cursor_.at_.offset < limit_) return true;
  is_over_ = journal_.is_behind_tail(sequence);  // asked first: the limit read after it is the last one
  const std::uint32_t limit = journal_.limit_of(sequence);
  if (limit == Journal::end_unknown) return false;
  limit_of_ = sequence;
  limit_ = limit;
  return true;
}

// A producer stands between its reservation and the two words that say how long it is. It is let be for a
// while; then the rest of the segment is searched for the next frame, which only a frame's own words can
// resemble.
bool Reading::pass_headless(std::uint32_t limit) noexcept {
  if (cursor_.headless_since_ == TimePoint{}) {
    cursor_.headless_since_ = now_;
    cursor_.headless_looks_ = 0;
  }
  // A process that was stopped for a while has aged without having run: it gets a few looks more.
  constexpr unsigned enough_looks = 4;
  const bool looked_enough = ++cursor_.headless_looks_ >= enough_looks || patience_ == Patience::none;
  if (!looked_enough || !too_old(cursor_.headless_since_)) return false;
  Position at = cursor_.at_;
  for (at.offset += 8; at.offset + sizeof(detail::FrameHead) <= limit; at.offset += 8)
    if (is_announced(at, limit)) break;
  if (at.offset + sizeof(detail::FrameHead) > limit) at.offset = limit;
  if (!add_hole(at.offset, true)) return false;
  cursor_.headless_since_ = {};
  cursor_.at_.offset = cursor_.holes_.back().end;
  return true;
}

// Also one whose producer has stopped behind that: it is a hole like any other.
bool Reading::is_announced(const Position& at, std::uint32_t limit) const noexcept {
  const auto* words = reinterpret_cast<const std::uint64_t*>(journal_.frame_at(at));
  detail::FrameHead head{};
  const std::uint64_t first = look_at(words);
  std::memcpy(&head, &first, sizeof(first));
  if (head.epoch != journal_.front_.epoch_of(at.sequence) || bare_size(head.size) > limit - at.offset)
    return false;
  const std::uint64_t commit = look_at(words + 1);
  return commit == 0 || commit == detail::commit_word(head.epoch, at.offset, head.size);
}

// False when there is no memory to remember it by: then the cursor stays where it is.
bool Reading::add_hole(std::uint32_t end, bool too_old_already) noexcept {
  try {
    const std::lock_guard lock{journal_.mutex_};  // others look at our holes
    cursor_.holes_.push_back({cursor_.at_, journal_.frame_at(cursor_.at_), now_, false, end});
  } catch (const std::bad_alloc&) {
    return false;
  }
  if (!too_old_already) return true;
  journal_.give_up(cursor_.holes_.back());
  if (cursor_.holes_.back().given_up) return true;
  // No memory for that, or its producer has just come back: it is looked at again.
  const std::lock_guard lock{journal_.mutex_};
  cursor_.holes_.pop_back();
  return false;
}

bool Reading::too_old(TimePoint since) const noexcept {
  return patience_ == Patience::none || now_ - since >= journal_.limits_.torn_after;
}

void Reading::take() noexcept {
  if (!from_hole_) {
    if (is_span()) ++cursor_.read_[cursor_.at_.sequence % journal_slots];
    cursor_.at_.offset += detail::frame_size(bare_size(peeked_size_));
    return;
  }
  const std::lock_guard lock{journal_.mutex_};
  const auto hole = cursor_.holes_.begin() + static_cast<std::ptrdiff_t>(next_hole_);
  if (is_span() && counts(*hole)) ++cursor_.read_[hole->at.sequence % journal_slots];
  cursor_.holes_.erase(hole);
}

// What was given up is no longer of its segment. Of what this pass has come by, leave_out_torn() sees to
// that.
bool Reading::counts(const Cursor::Hole& hole) noexcept {
  if (!(hole.at < from_)) return true;
  return !hole.given_up && !journal_.is_torn(hole.at);
}

bool Reading::is_span() const noexcept { return (peeked_size_ & detail::frame_is_no_span) == 0; }

}  // namespace llmtrace::journal
