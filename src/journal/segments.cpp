// Where segments come from and where they go, within the limit of memory.
#include "journal/journal.hpp"
#include "journal/words.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace llmtrace::journal {

using detail::journal_slots;

Reserve Journal::obtain(std::uint32_t need, Segment& out) noexcept {
  constexpr std::uint32_t page = 4096;
  const std::uint32_t capacity = std::max(limits_.segment_bytes, (need + page - 1) / page * page);
  for (Reserve why = Reserve::full;;) {
    const bool usual = capacity == limits_.segment_bytes;
    if (usual && !free_.empty()) {
      out = take_free(free_.end() - 1);
      return Reserve::done;
    }
    while (allocated_ + capacity > limits_.memory && !free_.empty()) {
      const Segment segment = take_free(free_.end() - 1);
      memory_.release(segment.data, segment.capacity);
      unbook(segment.capacity);
    }
    if (allocated_ + capacity <= limits_.memory) {
      if (unsigned char* memory = memory_.allocate(capacity)) {
        allocated_ += capacity;
        out = {memory, capacity};
        return Reserve::done;
      }
      why = Reserve::out_of_memory;
      if (!usual) return why;  // what is taken from others would not do
    }
    if (!reclaim_from_laggards()) return why;
  }
}

// Where a producer may still be writing, its segment goes to the quarantine. False when there is no memory
// for that.
bool Journal::has_room_to_release(std::uint32_t sequence) noexcept {
  if (torn_[sequence % journal_slots].empty()) return true;
  try {
    quarantine_.reserve(quarantine_.size() + 1);
  } catch (const std::bad_alloc&) {
    return false;
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
      refused_.store(Reserve::done, std::memory_order_relaxed);
      return;
    } catch (const std::bad_alloc&) {
      // given back below
    }
  }
  memory_.release(segment.data, segment.capacity);
  unbook(segment.capacity);
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
    const bool booked = held.booked;
    quarantine_.erase(quarantine_.begin() + static_cast<std::ptrdiff_t>(i));
    booked ? keep_or_release(segment) : memory_.release(segment.data, segment.capacity);
  }
}

bool Journal::is_settled(const TornFrame& torn) const noexcept {
  if (!is_committed(torn.frame, torn.epoch, torn.at.offset)) return false;
  return std::none_of(cursors_.begin(), cursors_.end(), [&torn](const auto& cursor) {
    return std::any_of(cursor->holes_.begin(), cursor->holes_.end(),
                       [&torn](const Cursor::Hole& hole) { return hole.frame == torn.frame; });
  });
}

std::uint32_t Journal::bytes_to_prepare() noexcept {
  const std::lock_guard lock{mutex_};
  if (!quarantine_.empty()) review_quarantine();
  if (refused_.load(std::memory_order_relaxed) == Reserve::out_of_memory)
    refused_.store(Reserve::done, std::memory_order_relaxed);  // a while has passed: the next one asks again
  const bool begun =
      front_.ring[sequence_of(front_.tail.load(std::memory_order_relaxed)) % journal_slots].data.load(
          std::memory_order_relaxed) != nullptr;
  const std::uint32_t bytes = open_ && begun ? worth_preparing() : 0;
  allocated_ += bytes;
  return bytes;
}

// As many segments as lie in a huge page, where they are large enough for one; none where a single one is
// much to have lying about. The last segment of the budget is left to producers, which would find nothing
// while it is made ready.
std::uint32_t Journal::worth_preparing() const noexcept {
  const std::uint32_t one = limits_.segment_bytes;
  const std::uint32_t huge = std::max(one, huge_page);
  const std::uint32_t count = huge / one;
  if (one > most_bytes_prepared || (!free_.empty() && !can_replace(count))) return 0;
  const auto has_room = [&](std::size_t bytes) { return allocated_ + bytes + one <= limits_.memory; };
  if (count <= most_prepared && huge % one == 0 && has_room(huge)) return huge;
  return free_.empty() && has_room(one) ? one : 0;
}

// Whether as many of those that producers took in a hurry are free as take each other's place, or all that
// there are. If each were replaced as it comes free, by a whole huge page, there would soon be twice as many.
bool Journal::can_replace(std::uint32_t count) const noexcept {
  const auto hurried =
      std::count_if(free_.begin(), free_.end(), [](const Segment& segment) { return !segment.ready; });
  if (hurried == 0 || hurried >= std::ptrdiff_t{count}) return hurried != 0;
  const std::uint32_t end = sequence_of(front_.tail.load(std::memory_order_relaxed)) + 1;
  for (std::uint32_t sequence = oldest_; sequence != end; ++sequence) {
    const std::uint32_t slot = sequence % journal_slots;
    const bool in_use = front_.ring[slot].capacity.load(std::memory_order_relaxed) == limits_.segment_bytes;
    if (in_use && !ready_[slot]) return false;
  }
  return true;
}

// Memory comes and goes outside of the mutex, for which a producer may be waiting.
void Journal::prepare() noexcept {
  const std::lock_guard tending{tending_};
  const std::uint32_t bytes = bytes_to_prepare();
  if (bytes == 0) return;
  give_back_hurried(bytes / limits_.segment_bytes);
  unsigned char* memory = memory_.allocate_ready(bytes);
  const std::lock_guard lock{mutex_};
  if (memory == nullptr) return unbook(bytes);
  for (std::uint32_t at = 0; at < bytes; at += limits_.segment_bytes)
    keep_or_release({memory + at, limits_.segment_bytes, true});
}

void Journal::give_back_hurried(std::uint32_t at_most) noexcept {
  for (std::uint32_t i = 0; i < at_most; ++i) {
    Segment segment;
    {
      const std::lock_guard lock{mutex_};
      const auto hurried =
          std::find_if(free_.begin(), free_.end(), [](const Segment& one) { return !one.ready; });
      if (hurried == free_.end()) return;
      segment = take_free(hurried);
    }
    give_back(segment);
  }
}

void Journal::trim() noexcept {
  const std::lock_guard tending{tending_};
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
    give_back(segment);
  }
}

// It is of the budget until it is given back.
Journal::Segment Journal::take_free(std::vector<Segment>::iterator at) noexcept {
  const Segment segment = *at;
  free_.erase(at);
  least_free_ = std::min(least_free_, free_.size());
  return segment;
}

void Journal::unbook(std::size_t bytes) noexcept {
  allocated_ -= bytes;
  refused_.store(Reserve::done, std::memory_order_relaxed);
}

void Journal::give_back(const Segment& segment) noexcept {
  memory_.release(segment.data, segment.capacity);
  const std::lock_guard lock{mutex_};
  unbook(segment.capacity);
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

std::size_t Journal::allocated() noexcept {
  const std::lock_guard lock{mutex_};
  return allocated_;
}

}  // namespace llmtrace::journal
