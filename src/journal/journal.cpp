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
  full_.store(false, std::memory_order_relaxed);
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

Reserve Journal::reserve(std::uint32_t need, detail::Reservation& out) noexcept {
  if (need > limits_.max_frame) return Reserve::too_large;
  if (full_.load(std::memory_order_relaxed)) return Reserve::full;
  const std::lock_guard lock{mutex_};
  if (!open_) return Reserve::closed;
  if (detail::try_reserve(front_, need, out)) return Reserve::done;
  if (cursors_.empty()) release_unread();  // nobody reads: what is full is free
  const std::uint32_t sequence = sequence_of(front_.tail.load(std::memory_order_relaxed)) + 1;
  Segment segment;
  if (sequence - oldest_ >= journal_slots || !obtain(need, segment)) {
    if (need <= limits_.segment_bytes) full_.store(true, std::memory_order_relaxed);
    return Reserve::full;
  }
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

bool Journal::obtain(std::uint32_t need, Segment& out) noexcept {
  if (need <= limits_.segment_bytes) {
    while (free_.empty() && allocated_ + limits_.segment_bytes > limits_.memory)
      if (!reclaim_from_laggards()) return false;
    if (!free_.empty()) {
      out = free_.back();
      free_.pop_back();
      least_free_ = std::min(least_free_, free_.size());
      return true;
    }
  }
  constexpr std::uint32_t page = 4096;
  const std::uint32_t capacity = std::max(limits_.segment_bytes, (need + page - 1) / page * page);
  while (allocated_ + capacity > limits_.memory) {
    if (free_.empty() && !reclaim_from_laggards()) return false;
    if (free_.empty()) continue;
    const Segment segment = take_free(free_.end() - 1);
    memory_.release(segment.data, segment.capacity);
  }
  unsigned char* memory = memory_.allocate(capacity);
  if (memory == nullptr) return false;
  allocated_ += capacity;
  out = {memory, capacity};
  return true;
}

// The oldest segment, if some exporter has done with it: it is taken from those that have not.
bool Journal::reclaim_from_laggards() noexcept {
  if (walkers_ != 0) return false;
  const auto lags = [this](const auto& cursor) { return cursor->oldest() == oldest_; };
  if (std::all_of(cursors_.begin(), cursors_.end(), lags) || !is_behind_tail(oldest_)) return false;
  for (const auto& cursor : cursors_)
    if (lags(cursor) && cursor->busy_) return false;
  const std::uint32_t slot = oldest_ % journal_slots;
  for (const auto& cursor : cursors_) {
    if (!lags(cursor)) continue;
    cursor->lagged_ += spans_[slot] - cursor->read_[slot];
    std::erase_if(cursor->holes_,
                  [this](const Cursor::Hole& hole) { return !hole.given_up && hole.at.sequence == oldest_; });
    if (cursor->at_.sequence == oldest_) cursor->at_ = {oldest_ + 1, 0};
    cursor->headless_since_ = {};
    learn_spans(*cursor, oldest_ + 1);  // those behind the hole that had kept it
  }
  release_passed();
  return true;
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
  while (static_cast<std::int32_t>(passed - oldest_) > 0) release_segment(oldest_++);
}

void Journal::release_unread() noexcept {
  while (is_behind_tail(oldest_) && is_whole(oldest_)) release_segment(oldest_++);
}

// Whether no producer writes to it, but for those that were given up, which are remembered.
bool Journal::is_whole(std::uint32_t sequence) const noexcept {
  const std::uint32_t limit = limit_of(sequence);
  if (front_.ring[sequence % journal_slots].data.load(std::memory_order_relaxed) == nullptr) return true;
  if (limit == end_unknown) return false;
  if (!torn_[sequence % journal_slots].empty()) return true;
  for (Position at{sequence, 0}; at.offset < limit;) {
    const unsigned char* frame = frame_at(at);
    if (!is_committed(at, frame)) return false;
    at.offset += detail::frame_size(bare_size(head_of(frame).size));
  }
  return true;
}

void Journal::release_segment(std::uint32_t sequence) noexcept {
  detail::JournalFront::Slot& slot = front_.ring[sequence % journal_slots];
  const Segment segment{slot.data.load(std::memory_order_relaxed),
                        slot.capacity.load(std::memory_order_relaxed), ready_[sequence % journal_slots]};
  slot.capacity.store(0, std::memory_order_relaxed);
  slot.data.store(nullptr, std::memory_order_relaxed);
  if (segment.data == nullptr) return;
  std::vector<TornFrame>& torn = torn_[sequence % journal_slots];
  std::erase_if(torn, [this](const TornFrame& frame) { return is_settled(frame); });
  if (!torn.empty()) {
    try {
      quarantine_.push_back({segment, std::move(torn)});
    } catch (const std::bad_alloc&) {
      // The segment is lost to us rather than given to somebody else while a producer may write to it.
    }
    torn.clear();
    return;
  }
  keep_or_release(segment);
}

void Journal::keep_or_release(const Segment& segment) noexcept {
  if (segment.capacity == limits_.segment_bytes && allocated_ <= limits_.memory) {
    try {
      free_.push_back(segment);
      full_.store(false, std::memory_order_relaxed);
      return;
    } catch (const std::bad_alloc&) {
      // given back below
    }
  }
  memory_.release(segment.data, segment.capacity);
  allocated_ -= segment.capacity;
  full_.store(false, std::memory_order_relaxed);
}

// A quarantined segment is used again when each producer has come back and every cursor has its record.
void Journal::review_quarantine() noexcept {
  for (std::size_t i = 0; i < quarantine_.size();) {
    Quarantined& held = quarantine_[i];
    std::erase_if(held.torn, [this](const TornFrame& frame) { return is_settled(frame); });
    if (!held.torn.empty()) {
      ++i;
      continue;
    }
    const Segment segment = held.segment;
    quarantine_.erase(quarantine_.begin() + static_cast<std::ptrdiff_t>(i));
    keep_or_release(segment);
  }
}

bool Journal::is_settled(const TornFrame& torn) const noexcept {
  if (!is_committed(torn.at, torn.frame)) return false;
  return std::none_of(cursors_.begin(), cursors_.end(), [&torn](const auto& cursor) {
    return std::any_of(cursor->holes_.begin(), cursor->holes_.end(),
                       [&torn](const Cursor::Hole& hole) { return hole.frame == torn.frame; });
  });
}

// What is worth having now: as many segments as lie in a huge page, where they are large enough for one.
std::uint32_t Journal::bytes_to_prepare() noexcept {
  const std::lock_guard lock{mutex_};
  if (!quarantine_.empty()) review_quarantine();
  const bool begun =
      front_.ring[sequence_of(front_.tail.load(std::memory_order_relaxed)) % journal_slots].data.load(
          std::memory_order_relaxed) != nullptr;
  if (!open_ || !begun) return 0;
  const bool all_ready = !free_.empty() && std::all_of(free_.begin(), free_.end(),
                                                       [](const Segment& segment) { return segment.ready; });
  if (all_ready) return 0;
  std::uint32_t bytes = limits_.segment_bytes;
  if (huge_page % bytes == 0 && huge_page / bytes <= most_prepared &&
      allocated_ + huge_page <= limits_.memory)
    bytes = huge_page;
  else if (!free_.empty() || allocated_ + bytes > limits_.memory)
    return 0;
  allocated_ += bytes;
  return bytes;
}

// Memory comes and goes outside of the mutex, for which a producer may be waiting.
void Journal::prepare() noexcept {
  const std::uint32_t bytes = bytes_to_prepare();
  if (bytes == 0) return;
  unsigned char* memory = memory_.allocate_ready(bytes);
  std::array<Segment, most_prepared> replaced{};
  {
    const std::lock_guard lock{mutex_};
    if (memory == nullptr) {
      allocated_ -= bytes;
      return;
    }
    const std::uint32_t count = bytes / limits_.segment_bytes;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto hurried =
          std::find_if(free_.begin(), free_.end(), [](const Segment& segment) { return !segment.ready; });
      if (hurried != free_.end()) replaced[i] = take_free(hurried);
      keep_or_release({memory + i * limits_.segment_bytes, limits_.segment_bytes, true});
    }
  }
  for (const Segment& segment : replaced)
    if (segment.data != nullptr) memory_.release(segment.data, segment.capacity);
}

void Journal::trim() noexcept {
  std::size_t idle = 0;
  {
    const std::lock_guard lock{mutex_};
    idle = least_free_;
    least_free_ = free_.size();
  }
  for (; idle > 1; --idle) {
    Segment segment;
    {
      const std::lock_guard lock{mutex_};
      if (free_.size() <= 1) return;
      segment = take_free(free_.begin());
    }
    memory_.release(segment.data, segment.capacity);
  }
}

// Out of the budget, and no longer ours to give.
Journal::Segment Journal::take_free(std::vector<Segment>::iterator at) noexcept {
  const Segment segment = *at;
  free_.erase(at);
  least_free_ = std::min(least_free_, free_.size());
  allocated_ -= segment.capacity;
  return segment;
}

void Journal::destroy() noexcept {
  const std::lock_guard lock{mutex_};
  const std::uint32_t last = sequence_of(front_.tail.load(std::memory_order_relaxed));
  for (; static_cast<std::int32_t>(last - oldest_) >= 0; ++oldest_) {
    // Left to the producer that is still writing to it, and no part of the next life's budget.
    detail::JournalFront::Slot& slot = front_.ring[oldest_ % journal_slots];
    if (slot.data.load(std::memory_order_relaxed) != nullptr && !is_whole(oldest_)) {
      allocated_ -= slot.capacity.load(std::memory_order_relaxed);
      slot.data.store(nullptr, std::memory_order_relaxed);
    }
    release_segment(oldest_);
  }
  review_quarantine();
  while (!free_.empty()) {
    const Segment segment = take_free(free_.end() - 1);
    memory_.release(segment.data, segment.capacity);
  }
}

void Journal::forget_all_memory() noexcept {
  for (detail::JournalFront::Slot& slot : front_.ring) {
    unsigned char* data = slot.data.load(std::memory_order_relaxed);
    if (data != nullptr) memory_.release(data, slot.capacity.load(std::memory_order_relaxed));
    slot.capacity.store(0, std::memory_order_relaxed);
    slot.data.store(nullptr, std::memory_order_relaxed);
  }
  for (const Segment& segment : free_) memory_.release(segment.data, segment.capacity);
  for (const Quarantined& held : quarantine_) memory_.release(held.segment.data, held.segment.capacity);
  free_.clear();
  least_free_ = 0;
  quarantine_.clear();
  for (auto& torn : torn_) torn.clear();
  allocated_ = 0;
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
  full_.store(false, std::memory_order_relaxed);
  front_.tail.store(make_tail(first, no_segment), std::memory_order_release);
}

std::size_t Journal::allocated() noexcept {
  const std::lock_guard lock{mutex_};
  return allocated_;
}

Journal::TornFrame* Journal::find_torn(const Cursor::Hole& hole) noexcept {
  const auto find_in = [&hole](std::vector<TornFrame>& frames) -> TornFrame* {
    const auto found = std::find_if(frames.begin(), frames.end(),
                                    [&](const TornFrame& torn) { return torn.frame == hole.frame; });
    return found != frames.end() ? &*found : nullptr;
  };
  if (TornFrame* found = find_in(torn_[hole.at.sequence % journal_slots])) return found;
  for (Quarantined& held : quarantine_)
    if (TornFrame* found = find_in(held.torn)) return found;
  return nullptr;
}

// The first cursor that gives a frame up counts it as torn.
void Journal::give_up(Cursor::Hole& hole) noexcept {
  const std::lock_guard lock{mutex_};
  if (find_torn(hole) == nullptr) {
    const detail::FrameHead head = head_of(hole.frame);
    const bool has_head = head.epoch == front_.epoch_of(hole.at.sequence);
    const bool is_span = !has_head || (head.size & detail::frame_is_no_span) == 0;
    try {
      torn_[hole.at.sequence % journal_slots].push_back({hole.at, hole.frame, is_span, false});
    } catch (const std::bad_alloc&) {
      return;  // it holds its segment back a little longer
    }
    if (is_span && on_torn_ != nullptr) on_torn_(torn_context_, 1);
  }
  hole.given_up = true;
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
