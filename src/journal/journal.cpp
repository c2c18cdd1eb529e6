#include "journal/journal.hpp"

#include "journal/words.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace llmtrace::journal {

using detail::journal_slots;
using detail::no_segment;

std::uint32_t Cursor::oldest() const noexcept {
  if (busy_) return oldest_when_busy_;
  std::uint32_t oldest = at_.sequence;
  for (const Hole& hole : holes_)
    if (!hole.given_up && static_cast<std::int32_t>(hole.at.sequence - oldest) < 0) oldest = hole.at.sequence;
  return oldest;
}

void Journal::open(const Limits& limits, std::size_t cursors, std::uint32_t secret, OnTorn on_torn,
                   void* context) {
  const std::lock_guard lock{mutex_};
  limits_ = limits;
  on_torn_ = on_torn;
  torn_context_ = context;
  const std::uint32_t first = sequence_of(front_.tail.load(std::memory_order_relaxed)) + 1;
  previous_cursors_ = std::exchange(cursors_, {});
  for (std::size_t i = 0; i < cursors; ++i) {
    cursors_.push_back(std::make_unique<Cursor>());
    cursors_.back()->at_ = {first, 0};
  }
  oldest_ = first;
  ends_[first % journal_slots].store(0, std::memory_order_relaxed);
  refused_.store(Reserve::done, std::memory_order_relaxed);
  open_ = true;
  front_.secret = secret;
  front_.tail.store(make_tail(first, no_segment), std::memory_order_release);
}

// Ends the segment at the tail, wherever producers have got to, and lets them go on at `next_tail`.
void Journal::seal(std::uint64_t next_tail) noexcept {
  std::uint64_t tail = front_.tail.load(std::memory_order_acquire);
  while (!front_.tail.compare_exchange_weak(tail, next_tail, std::memory_order_acq_rel,
                                            std::memory_order_acquire)) {
  }
  if (offset_of(tail) != no_segment)
    ends_[sequence_of(tail) % journal_slots].store(offset_of(tail), std::memory_order_release);
}

void Journal::close() noexcept {
  const std::lock_guard lock{mutex_};
  if (!open_) return;
  open_ = false;
  seal(make_tail(sequence_of(front_.tail.load(std::memory_order_relaxed)), no_segment));
}

// Beside the segment at the tail, which stays until another one takes its place.
std::size_t Journal::largest_frame() const noexcept {
  return std::min<std::size_t>(limits_.max_frame, limits_.memory - limits_.segment_bytes);
}

// What is full stays so until a segment comes free, which tells. What the system has refused it may have a
// moment later, and nobody tells: one in many asks again.
Reserve Journal::refused_without_asking() noexcept {
  constexpr std::uint32_t many = 64;
  const Reserve refused = refused_.load(std::memory_order_relaxed);
  if (refused != Reserve::out_of_memory) return refused;
  return not_asked_.fetch_add(1, std::memory_order_relaxed) % many == many - 1 ? Reserve::done : refused;
}

Reserve Journal::reserve(std::uint32_t need, detail::Reservation& out) noexcept {
  if (need > largest_frame()) return Reserve::too_large;
  if (const Reserve refused = refused_without_asking(); refused != Reserve::done) return refused;
  const std::lock_guard lock{mutex_};
  if (!open_) return Reserve::closed;
  if (detail::try_reserve(front_, need, out)) return Reserve::done;
  if (cursors_.empty()) release_unread();  // nobody reads: what is full is free
  const std::uint32_t sequence = sequence_of(front_.tail.load(std::memory_order_relaxed)) + 1;
  Segment segment;
  const Reserve outcome = sequence - oldest_ >= journal_slots ? Reserve::full : obtain(need, segment);
  if (need <= limits_.segment_bytes) refused_.store(outcome, std::memory_order_relaxed);
  if (outcome != Reserve::done) return outcome;
  detail::JournalFront::Slot& slot = front_.ring[sequence % journal_slots];
  slot.data.store(segment.data, std::memory_order_relaxed);
  slot.capacity.store(segment.capacity, std::memory_order_relaxed);
  ready_[sequence % journal_slots] = segment.ready;
  ends_[sequence % journal_slots].store(end_unknown, std::memory_order_relaxed);
  for (const auto& cursor : cursors_) cursor->read_[sequence % journal_slots] = 0;
  seal(make_tail(sequence, need));
  out = {segment.data, front_.epoch_of(sequence), 0, true};
  return Reserve::done;
}

// The oldest segment, if some exporter has done with it: it is taken from those that have not.
bool Journal::reclaim_from_laggards() noexcept {
  if (walkers_ != 0) return false;
  const auto lags = [this](const auto& cursor) { return cursor->oldest() == oldest_; };
  if (std::all_of(cursors_.begin(), cursors_.end(), lags) || !is_behind_tail(oldest_)) return false;
  for (const auto& cursor : cursors_)
    if (lags(cursor) && (cursor->busy_ || !has_room_to_take_from(*cursor))) return false;
  if (!has_room_to_release(oldest_)) return false;
  const std::uint32_t slot = oldest_ % journal_slots;
  for (const auto& cursor : cursors_) {
    if (!lags(cursor)) continue;
    cursor->lagged_ += spans_[slot] - std::min(spans_[slot], cursor->read_[slot]);
    take_from(*cursor);
    learn_spans(*cursor, oldest_ + 1);  // those behind the hole that had kept it
  }
  release_passed();
  return true;
}

// Room for what take_from() notes, so that nothing is taken whose producer could come back unheard.
bool Journal::has_room_to_take_from(Cursor& cursor) noexcept {
  std::vector<TornFrame>& frames = torn_[oldest_ % journal_slots];
  try {
    frames.reserve(frames.size() + cursors_.size());
    cursor.holes_.reserve(cursor.holes_.size() + frames.size());
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

// What was given up stays the cursor's, for it is no longer of the segment.
void Journal::take_from(Cursor& cursor) noexcept {
  for (Cursor::Hole& hole : cursor.holes_)
    if (hole.at.sequence == oldest_ && is_torn(hole.at)) hole.given_up = true;
  std::erase_if(cursor.holes_,
                [this](const Cursor::Hole& hole) { return !hole.given_up && hole.at.sequence == oldest_; });
  cursor.headless_since_ = {};
  if (cursor.at_.sequence != oldest_) return;
  const std::vector<TornFrame>& frames = torn_[oldest_ % journal_slots];
  const std::size_t count = frames.size();  // we may add to them below
  for (std::size_t i = 0; i < count; ++i) {
    const TornFrame torn = frames[i];
    Cursor::Hole hole{torn.at, torn.frame, {}, true, torn.end};
    const bool is_ahead = !(torn.at < cursor.at_);
    if (is_ahead || (torn.covers(cursor.at_) && give_up_rest(hole, cursor.at_.offset)))
      cursor.holes_.push_back(hole);
  }
  cursor.at_ = {oldest_ + 1, 0};
}

// Whoever has left a segment, with no hole behind, knows how many spans it held.
void Journal::learn_spans(const Cursor& cursor, std::uint32_t from) noexcept {
  const std::uint32_t oldest = cursor.oldest();
  for (; static_cast<std::int32_t>(oldest - from) > 0; ++from)
    spans_[from % journal_slots] = cursor.read_[from % journal_slots];
}

void Journal::release_passed() noexcept {
  if (walkers_ != 0) return;
  std::uint32_t passed = sequence_of(front_.tail.load(std::memory_order_relaxed));
  for (const auto& cursor : cursors_) {
    const std::uint32_t oldest = cursor->oldest();
    if (static_cast<std::int32_t>(oldest - passed) < 0) passed = oldest;
  }
  while (static_cast<std::int32_t>(passed - oldest_) > 0 && has_room_to_release(oldest_))
    release_segment(oldest_++);
}

void Journal::release_unread() noexcept {
  while (is_behind_tail(oldest_) && is_whole(oldest_) && has_room_to_release(oldest_))
    release_segment(oldest_++);
}

// Whether no producer writes to it, but for those that were given up, which are remembered.
bool Journal::is_whole(std::uint32_t sequence) const noexcept {
  const std::uint32_t limit = limit_of(sequence);
  if (front_.ring[sequence % journal_slots].data.load(std::memory_order_relaxed) == nullptr) return true;
  if (limit == end_unknown) return false;
  const std::vector<TornFrame>& given_up = torn_[sequence % journal_slots];
  for (Position at{sequence, 0}; at.offset < limit;) {
    const auto torn = std::find_if(given_up.begin(), given_up.end(),
                                   [&at](const TornFrame& one) { return one.covers(at); });
    if (torn != given_up.end()) {
      at.offset = torn->end;
      continue;
    }
    const unsigned char* frame = frame_at(at);
    if (!is_committed(at, frame)) return false;
    at.offset += detail::frame_size(bare_size(head_of(frame).size));
  }
  return true;
}

void Journal::destroy() noexcept {
  const std::lock_guard lock{mutex_};
  const std::uint32_t last = sequence_of(front_.tail.load(std::memory_order_relaxed));
  for (; static_cast<std::int32_t>(last - oldest_) >= 0; ++oldest_) {
    // Left to the producer that is still writing to it, and no part of the next life's budget.
    detail::JournalFront::Slot& slot = front_.ring[oldest_ % journal_slots];
    if (slot.data.load(std::memory_order_relaxed) != nullptr && !is_whole(oldest_)) {
      unbook(slot.capacity.load(std::memory_order_relaxed));
      slot.data.store(nullptr, std::memory_order_relaxed);
      torn_[oldest_ % journal_slots].clear();
    }
    release_segment(oldest_);
  }
  review_quarantine();
  for (Quarantined& held : quarantine_)
    if (std::exchange(held.booked, false)) unbook(held.segment.capacity);
  while (!free_.empty()) {
    const Segment segment = take_free(free_.end() - 1);
    memory_.release(segment.data, segment.capacity);
    unbook(segment.capacity);
  }
}

void Journal::reset_in_child() noexcept {
  walkers_ = 0;
  forget_all_memory();
  const std::uint32_t first = sequence_of(front_.tail.load(std::memory_order_relaxed)) + 1;
  oldest_ = first;
  ends_[first % journal_slots].store(0, std::memory_order_relaxed);
  for (const auto& cursor : cursors_) {
    new (cursor.get()) Cursor;  // not destroyed: its exporter's thread may have been changing it
    cursor->at_ = {first, 0};
  }
  refused_.store(Reserve::done, std::memory_order_relaxed);
  front_.tail.store(make_tail(first, no_segment), std::memory_order_release);
}

// Those of the segment, wherever it is now, if this one is among them.
std::vector<Journal::TornFrame>* Journal::torn_beside(const Cursor::Hole& hole) noexcept {
  const auto holds = [&hole](const std::vector<TornFrame>& frames) {
    return std::any_of(frames.begin(), frames.end(),
                       [&](const TornFrame& torn) { return torn.frame == hole.frame; });
  };
  if (auto& frames = torn_[hole.at.sequence % journal_slots]; holds(frames)) return &frames;
  for (Quarantined& held : quarantine_)
    if (holds(held.torn)) return &held.torn;
  return nullptr;
}

Journal::TornFrame* Journal::find_torn(const Cursor::Hole& hole) noexcept {
  std::vector<TornFrame>* frames = torn_beside(hole);
  if (frames == nullptr) return nullptr;
  return &*std::find_if(frames->begin(), frames->end(),
                        [&](const TornFrame& torn) { return torn.frame == hole.frame; });
}

bool Journal::is_torn(const Position& at) const noexcept {
  const std::vector<TornFrame>& frames = torn_[at.sequence % journal_slots];
  return std::any_of(frames.begin(), frames.end(), [&at](const TornFrame& torn) { return torn.covers(at); });
}

// Several producers in a row had not said their lengths, and looked like one. Now that the first has come
// back it is known where the next one is. With the mutex held, and room for one more in both lists.
bool Journal::give_up_rest(Cursor::Hole& hole, std::uint32_t from) noexcept {
  std::vector<TornFrame>* frames = torn_beside(hole);
  if (frames == nullptr) return false;
  const Cursor::Hole rest{
      {hole.at.sequence, from}, hole.frame + (from - hole.at.offset), hole.since, true, hole.end};
  if (find_torn(rest) == nullptr) {
    const bool is_whole = is_committed(rest);
    add_torn(*frames, {rest.at, rest.frame, front_.epoch_of(rest.at.sequence), true, is_whole, rest.end});
    if (!is_whole && on_torn_ != nullptr) on_torn_(torn_context_, 1);
  }
  hole = rest;
  return true;
}

// Makes two holes of one, of which the first ends where its record does. False when there is no memory for
// that.
bool Journal::part(Cursor& cursor, std::size_t which, std::uint32_t end) noexcept {
  const std::lock_guard lock{mutex_};
  Cursor::Hole rest = cursor.holes_[which];
  std::vector<TornFrame>* frames = torn_beside(rest);
  try {
    if (frames != nullptr) frames->reserve(frames->size() + 1);
    cursor.holes_.reserve(cursor.holes_.size() + 1);
  } catch (const std::bad_alloc&) {
    return false;
  }
  cursor.holes_[which].end = end;
  if (give_up_rest(rest, end))
    cursor.holes_.insert(cursor.holes_.begin() + static_cast<std::ptrdiff_t>(which) + 1, rest);
  return true;
}

// The first cursor that gives a frame up counts it as torn.
void Journal::give_up(Cursor::Hole& hole) noexcept {
  const std::lock_guard lock{mutex_};
  if (is_committed(hole)) return;  // whoever has taken it since has counted it
  const std::uint32_t epoch = front_.epoch_of(hole.at.sequence);
  const detail::FrameHead head = head_of(hole.frame);
  const bool has_head = head.epoch == epoch;
  if (find_torn(hole) == nullptr) {
    const bool is_span = !has_head || (head.size & detail::frame_is_no_span) == 0;
    try {
      add_torn(torn_[hole.at.sequence % journal_slots],
               {hole.at, hole.frame, epoch, is_span, false, hole.end});
    } catch (const std::bad_alloc&) {
      return;  // it holds its segment back a little longer
    }
    if (is_span && on_torn_ != nullptr) on_torn_(torn_context_, 1);
  }
  if (!has_head) hole.end = find_torn(hole)->end;
  hole.given_up = true;
}

// A part of a stretch that was given up before goes on to the end of that.
void Journal::add_torn(std::vector<TornFrame>& frames, TornFrame torn) {
  frames.reserve(frames.size() + 1);
  for (TornFrame& stretch : frames)
    if (stretch.covers(torn.at)) torn.end = std::exchange(stretch.end, torn.at.offset);
  frames.push_back(torn);
}

// The first cursor that finds it whole after all takes that back.
void Journal::came_back(const Cursor::Hole& hole) noexcept {
  const std::lock_guard lock{mutex_};
  TornFrame* torn = find_torn(hole);
  if (torn == nullptr || torn->came_back) return;
  torn->came_back = true;
  if (torn->is_span && on_torn_ != nullptr) on_torn_(torn_context_, -1);
}

}  // namespace llmtrace::journal
