// How far producers and cursors are.
#include "journal/journal.hpp"
#include "journal/words.hpp"

#include <algorithm>

namespace llmtrace::journal {

using detail::journal_slots;
using detail::no_segment;

std::uint32_t Journal::limit_of(std::uint32_t sequence) const noexcept {
  const std::uint64_t tail = front_.tail.load(std::memory_order_acquire);
  if (sequence_of(tail) == sequence && offset_of(tail) != no_segment) return offset_of(tail);
  return ends_[sequence % journal_slots].load(std::memory_order_acquire);
}

bool Journal::is_behind_tail(std::uint32_t sequence) const noexcept {
  const std::uint32_t last = sequence_of(front_.tail.load(std::memory_order_acquire));
  return static_cast<std::int32_t>(last - sequence) > 0;
}

const unsigned char* Journal::frame_at(const Position& at) const noexcept {
  return front_.ring[at.sequence % journal_slots].data.load(std::memory_order_relaxed) + at.offset;
}

detail::FrameHead Journal::head_of(const unsigned char* frame) noexcept {
  const std::uint64_t word = __atomic_load_n(reinterpret_cast<const std::uint64_t*>(frame), __ATOMIC_ACQUIRE);
  detail::FrameHead head{};
  std::memcpy(&head, &word, sizeof(word));
  return head;
}

bool Journal::is_committed(const unsigned char* frame, std::uint32_t epoch, std::uint32_t offset) noexcept {
  const detail::FrameHead head = head_of(frame);
  if (head.epoch != epoch) return false;
  const auto* word = reinterpret_cast<const std::uint64_t*>(frame) + 1;
  return __atomic_load_n(word, __ATOMIC_ACQUIRE) == detail::commit_word(epoch, offset, head.size);
}

Position Journal::end() const noexcept {
  for (;;) {
    const std::uint64_t tail = front_.tail.load(std::memory_order_acquire);
    if (offset_of(tail) != no_segment) return {sequence_of(tail), offset_of(tail)};
    const std::uint32_t end = ends_[sequence_of(tail) % journal_slots].load(std::memory_order_acquire);
    if (end != end_unknown) return {sequence_of(tail), end};
  }
}

bool Journal::has_passed(const Cursor& cursor, const Position& position) const noexcept {
  if (!(cursor.at_ < position)) return true;
  // The end of a segment and the start of the next are the same place.
  return cursor.at_.sequence + 1 == position.sequence && position.offset == 0 &&
         cursor.at_.offset >= limit_of(cursor.at_.sequence);
}

bool Journal::drained(const Cursor& cursor) noexcept {
  const std::lock_guard lock{mutex_};
  return has_passed(cursor, end()) && std::all_of(cursor.holes_.begin(), cursor.holes_.end(),
                                                  [](const Cursor::Hole& hole) { return hole.given_up; });
}

bool Journal::reached(const Cursor& cursor, const Position& position) noexcept {
  const std::lock_guard lock{mutex_};
  if (!has_passed(cursor, position)) return false;
  return std::none_of(cursor.holes_.begin(), cursor.holes_.end(),
                      [&](const Cursor::Hole& hole) { return hole.at < position && is_committed(hole); });
}

std::size_t Journal::unread_bytes(const Cursor& cursor) noexcept {
  const std::lock_guard lock{mutex_};
  const Position last = end();
  if (last < cursor.at_) return 0;
  std::size_t bytes = last.offset;
  for (std::uint32_t sequence = cursor.at_.sequence; sequence != last.sequence; ++sequence)
    if (const std::uint32_t limit = limit_of(sequence); limit != end_unknown) bytes += limit;
  return bytes - std::min<std::size_t>(bytes, cursor.at_.offset);
}

std::uint64_t Journal::count_frames(Position at) const noexcept {
  std::uint64_t spans = 0;
  for (;;) {
    const bool is_over = is_behind_tail(at.sequence);
    const std::uint32_t limit = limit_of(at.sequence);
    if (limit == end_unknown) return spans;
    while (at.offset < limit) {
      const unsigned char* frame = frame_at(at);
      const detail::FrameHead head = head_of(frame);
      if (head.epoch != front_.epoch_of(at.sequence)) break;
      if (is_committed(at, frame) && (head.size & detail::frame_is_no_span) == 0) ++spans;
      at.offset += detail::frame_size(bare_size(head.size));
    }
    if (!is_over) return spans;
    at = {at.sequence + 1, 0};
  }
}

std::uint64_t Journal::count_unread(const Cursor& cursor) noexcept {
  Position from;
  std::uint64_t spans = 0;
  {
    const std::lock_guard lock{mutex_};
    ++walkers_;
    from = cursor.at_;
    for (const Cursor::Hole& hole : cursor.holes_)
      if (is_committed(hole) && (head_of(hole.frame).size & detail::frame_is_no_span) == 0) ++spans;
  }
  spans += count_frames(from);
  const std::lock_guard lock{mutex_};
  --walkers_;
  return spans;
}

std::uint64_t Journal::lagged(const Cursor& cursor) noexcept {
  const std::lock_guard lock{mutex_};
  return cursor.lagged_;
}

}  // namespace llmtrace::journal
