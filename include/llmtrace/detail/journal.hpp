// The producers' side of the journal: reserve by one compare-and-swap, store size and epoch, copy, commit.
// Everything else (segments, cursors, recycling) is compiled, in src/journal.
#pragma once

#include <llmtrace/detail/record.hpp>

#include <atomic>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::uint32_t no_segment =
    0xffffffffu;  // an offset that fits in no segment: the slow path decides
inline constexpr unsigned journal_slots = 256;
inline constexpr unsigned wake_shift = 18;  // the worker is woken as the tail crosses each 256 KiB

struct alignas(64) JournalFront {
  // segment sequence << 32 | offset of the next frame. Release publishes the segment's slot, acquire reads
  // it. Alone on its cache line, which every span writes: what readers ask for lies on others.
  std::atomic<std::uint64_t> tail{no_segment};
  // Mixed into every epoch, so that no text of a user can look like a frame.
  alignas(64) std::uint32_t secret = 0;
  struct Slot {
    std::atomic<unsigned char*> data{nullptr};
    std::atomic<std::uint32_t> capacity{0};
  };
  Slot ring[journal_slots];

  [[nodiscard]] std::uint32_t epoch_of(std::uint32_t sequence) const noexcept {
    return (sequence * 0x9e3779b1u) ^ secret;
  }
};

struct Reservation {
  unsigned char* frame = nullptr;
  std::uint32_t epoch = 0;
  std::uint32_t offset = 0;
  bool crossed = false;  // the worker wants to know
};

constexpr std::uint32_t frame_size(std::uint32_t record_size) noexcept {
  return (static_cast<std::uint32_t>(sizeof(FrameHead)) + record_size + 7u) & ~7u;
}

// False when the current segment cannot take it.
LLMTRACE_INLINE bool try_reserve(JournalFront& journal, std::uint32_t need, Reservation& out) noexcept {
  std::uint64_t tail = journal.tail.load(std::memory_order_acquire);
  for (;;) {
    const auto offset = static_cast<std::uint32_t>(tail);
    const auto sequence = static_cast<std::uint32_t>(tail >> 32);
    JournalFront::Slot& slot = journal.ring[sequence % journal_slots];
    if (std::uint64_t{offset} + need > slot.capacity.load(std::memory_order_relaxed)) return false;
    // Asked before: afterwards this thread can be stopped for so long that the slot has another segment.
    unsigned char* data = slot.data.load(std::memory_order_relaxed);
    if (journal.tail.compare_exchange_weak(tail, tail + need, std::memory_order_acq_rel,
                                           std::memory_order_acquire)) {
      out.frame = data + offset;
      out.epoch = journal.epoch_of(sequence);
      out.offset = offset;
      out.crossed = ((offset ^ (offset + need)) >> wake_shift) != 0;
      return true;
    }
  }
}

// From here to commit() the frame is a hole that readers pass over.
LLMTRACE_INLINE void announce_frame(const Reservation& at, std::uint32_t size) noexcept {
  auto* words = reinterpret_cast<std::uint64_t*>(at.frame);
  __atomic_store_n(&words[1], std::uint64_t{0}, __ATOMIC_RELAXED);
  const std::uint32_t head[2] = {size, at.epoch};
  std::uint64_t first = 0;
  std::memcpy(&first, head, sizeof(first));
  __atomic_store_n(&words[0], first, __ATOMIC_RELEASE);  // publishes the cleared commit word
}

// Publishes the record. However late: a frame that a reader had given up is still read, from where it was
// kept.
LLMTRACE_INLINE void commit_frame(const Reservation& at, std::uint32_t size) noexcept {
  auto* word = reinterpret_cast<std::uint64_t*>(at.frame) + 1;
  __atomic_store_n(word, commit_word(at.epoch, at.offset, size), __ATOMIC_RELEASE);
}

}  // namespace detail
LLMTRACE_END_NAMESPACE
