// The bounded queue between host threads and exporters: segments that producers fill in order
// (detail/journal.hpp has their fast path) and that each exporter reads with a cursor of its own. A segment
// is used again when every cursor has left it. Nobody waits for anybody: a reservation that is not committed
// yet is a hole which readers pass over and look at again. After a while it is given up: it counts as torn
// and no longer holds its segment back, whose memory is set aside. Should its producer come back, the record
// is read after all, and counted as torn no more.
#pragma once

#include "journal/segment_memory.hpp"
#include <llmtrace/detail/journal.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace llmtrace::journal {

using TimePoint = std::chrono::steady_clock::time_point;

struct Position {
  std::uint32_t sequence = 0;
  std::uint32_t offset = 0;

  friend bool operator<(const Position& a, const Position& b) noexcept {
    return a.sequence != b.sequence ? static_cast<std::int32_t>(a.sequence - b.sequence) < 0
                                    : a.offset < b.offset;
  }
};

// A 32nd of the memory, but a power of two from 64 KiB to 1 MiB, and more where the ring would be too short.
[[nodiscard]] constexpr std::uint32_t segment_bytes_for(std::size_t memory) noexcept {
  const std::size_t usual = std::bit_floor(std::clamp<std::size_t>(memory / 32, 64u << 10, 1u << 20));
  constexpr std::size_t slots = detail::journal_slots - 1;  // the first stays empty
  const std::size_t least = (memory + slots - 1) / slots;
  return static_cast<std::uint32_t>(std::max(usual, std::bit_ceil(least)));
}

struct Limits {
  std::size_t memory = 32u << 20;
  std::uint32_t segment_bytes = 1u << 20;
  std::uint32_t max_frame = 4u << 20;
  std::chrono::milliseconds torn_after{1000};  // a hole of this age is given up
};

enum class Reserve : std::uint8_t { done, full, too_large, closed, out_of_memory };

class Reading;

// One exporter's place. Changed under the journal's mutex, except by the Reading that has it.
class Cursor {
 private:
  friend class Journal;
  friend class Reading;

  struct Hole {
    Position at;
    const unsigned char* frame = nullptr;
    TimePoint since;
    bool given_up = false;
    std::uint32_t end = 0;  // where the next frame was found

    [[nodiscard]] bool covers(const Position& position) const noexcept {
      return position.sequence == at.sequence && !(position < at) && position.offset < end;
    }
  };

  // The first segment that it still needs. Of a cursor that is being read, which moves without the mutex: as
  // of when that began.
  [[nodiscard]] std::uint32_t oldest() const noexcept;

  Position at_;
  std::vector<Hole> holes_;
  TimePoint headless_since_{};  // a frame without a head stops the cursor here
  unsigned headless_looks_ = 0;
  std::array<std::uint32_t, detail::journal_slots> read_{};  // spans taken, by segment
  std::uint64_t lagged_ = 0;  // spans that were taken away because this exporter lagged behind another
  bool busy_ = false;
  std::uint32_t oldest_when_busy_ = 0;
};

class Journal {
 public:
  // Told, under the journal's mutex, of each span that is given up (1) or came back after that (-1).
  using OnTorn = void (*)(void* context, int change);

  Journal(detail::JournalFront& front, SegmentMemory& memory) noexcept : front_{front}, memory_{memory} {}
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Starts empty, with that many cursors. Not while anybody reads.
  void open(const Limits& limits, std::size_t cursors, std::uint32_t secret, OnTorn on_torn, void* context);
  // From here on nothing can be reserved; what was is still read.
  void close() noexcept;
  // Gives all memory back, but for segments that a producer may still be writing to.
  void destroy() noexcept;
  // So that a fork finds no other thread inside.
  void lock_for_fork() noexcept {
    tending_.lock();
    mutex_.lock();
  }
  void unlock_after_fork() noexcept {
    mutex_.unlock();
    tending_.unlock();
  }
  // In a forked child, whose only thread calls it: the parent's data is forgotten.
  void reset_in_child() noexcept;

  // The slow path of a reservation, on any thread.
  [[nodiscard]] Reserve reserve(std::uint32_t need, detail::Reservation& out) noexcept;

  [[nodiscard]] Cursor& cursor(std::size_t index) noexcept { return *cursors_[index]; }
  // Where the next record will lie.
  [[nodiscard]] Position end() const noexcept;
  // Whether everything that was committed before `position` has been taken.
  [[nodiscard]] bool reached(const Cursor& cursor, const Position& position) noexcept;
  // Whether nothing is left to wait for, not even a producer that has reserved and not committed. After
  // close().
  [[nodiscard]] bool drained(const Cursor& cursor) noexcept;
  // About how much there is to read.
  [[nodiscard]] std::size_t unread_bytes(const Cursor& cursor) noexcept;
  // Committed spans that the cursor has not taken, counted one by one.
  [[nodiscard]] std::uint64_t count_unread(const Cursor& cursor) noexcept;
  [[nodiscard]] std::uint64_t lagged(const Cursor& cursor) noexcept;
  [[nodiscard]] std::size_t allocated() noexcept;

  // Worker: keeps a segment ready, so that producers take no page faults, and replaces those that they have
  // taken in a hurry; `trim` gives back what was not needed since it was called before.
  void prepare() noexcept;
  void trim() noexcept;

 private:
  friend class Reading;

  struct Segment {
    unsigned char* data = nullptr;
    std::uint32_t capacity = 0;
    bool ready = false;  // of what the worker has prepared
  };
  struct TornFrame {
    Position at;
    const unsigned char* frame = nullptr;
    std::uint32_t epoch = 0;  // the frame's, which a later life of the journal computes otherwise
    bool is_span = true;
    bool came_back = false;
    std::uint32_t end = 0;  // where the next frame was found: there may be several up to there

    [[nodiscard]] bool covers(const Position& position) const noexcept {
      return position.sequence == at.sequence && !(position < at) && position.offset < end;
    }
  };
  // A segment that everybody has left, but for producers which may come back.
  struct Quarantined {
    Segment segment;
    std::vector<TornFrame> torn;
    bool booked = true;  // false: of an earlier life, and no part of this one's budget
  };
  static constexpr std::uint32_t most_prepared = 4;  // segments at once
  static constexpr std::uint32_t most_bytes_prepared = 8u << 20;
  static constexpr std::uint32_t end_unknown = 0xffffffffu;

  [[nodiscard]] std::uint32_t limit_of(std::uint32_t sequence) const noexcept;
  [[nodiscard]] bool is_behind_tail(std::uint32_t sequence) const noexcept;
  [[nodiscard]] const unsigned char* frame_at(const Position& at) const noexcept;
  [[nodiscard]] static detail::FrameHead head_of(const unsigned char* frame) noexcept;
  // Whether the frame is whole; its size is then that of its head.
  [[nodiscard]] static bool is_committed(const unsigned char* frame, std::uint32_t epoch,
                                         std::uint32_t offset) noexcept;
  [[nodiscard]] bool is_committed(const Position& at, const unsigned char* frame) const noexcept {
    return is_committed(frame, front_.epoch_of(at.sequence), at.offset);
  }
  [[nodiscard]] bool is_committed(const Cursor::Hole& hole) const noexcept {
    return is_committed(hole.at, hole.frame);
  }
  std::uint64_t count_frames(Position at) const noexcept;
  [[nodiscard]] bool has_passed(const Cursor& cursor, const Position& position) const noexcept;

  void seal(std::uint64_t next_tail) noexcept;
  [[nodiscard]] std::size_t largest_frame() const noexcept;
  [[nodiscard]] Reserve refused_without_asking() noexcept;
  [[nodiscard]] Reserve obtain(std::uint32_t need, Segment& out) noexcept;
  [[nodiscard]] bool reclaim_from_laggards() noexcept;
  [[nodiscard]] bool has_room_to_take_from(Cursor& cursor) noexcept;
  void take_from(Cursor& cursor) noexcept;
  void learn_spans(const Cursor& cursor, std::uint32_t from) noexcept;
  void release_passed() noexcept;
  [[nodiscard]] bool has_room_to_release(std::uint32_t sequence) noexcept;
  void release_segment(std::uint32_t sequence) noexcept;
  void release_unread() noexcept;
  [[nodiscard]] bool is_whole(std::uint32_t sequence) const noexcept;
  void keep_or_release(const Segment& segment) noexcept;
  [[nodiscard]] std::uint32_t bytes_to_prepare() noexcept;
  [[nodiscard]] std::uint32_t worth_preparing() const noexcept;
  [[nodiscard]] bool can_replace(std::uint32_t count) const noexcept;
  Segment take_free(std::vector<Segment>::iterator at) noexcept;
  void unbook(std::size_t bytes) noexcept;
  void give_back(const Segment& segment) noexcept;
  void give_back_hurried(std::uint32_t at_most) noexcept;
  void review_quarantine() noexcept;
  void give_up(Cursor::Hole& hole) noexcept;
  void came_back(const Cursor::Hole& hole) noexcept;
  [[nodiscard]] bool part(Cursor& cursor, std::size_t which, std::uint32_t end) noexcept;
  [[nodiscard]] bool give_up_rest(Cursor::Hole& hole, std::uint32_t from) noexcept;
  [[nodiscard]] std::vector<TornFrame>* torn_beside(const Cursor::Hole& hole) noexcept;
  [[nodiscard]] TornFrame* find_torn(const Cursor::Hole& hole) noexcept;
  [[nodiscard]] bool is_torn(const Position& at) const noexcept;
  void add_torn(std::vector<TornFrame>& frames, TornFrame torn);
  [[nodiscard]] bool is_settled(const TornFrame& torn) const noexcept;
  void forget_all_memory() noexcept;

  detail::JournalFront& front_;
  SegmentMemory& memory_;
  Limits limits_;
  OnTorn on_torn_ = nullptr;
  void* torn_context_ = nullptr;
  std::atomic<Reserve> refused_{Reserve::done};  // why producers need not ask for a segment
  std::atomic<std::uint32_t> not_asked_{0};

  std::mutex tending_;  // the worker's, taken before the other: a fork finds no memory between two owners
  std::mutex mutex_;
  bool open_ = false;
  unsigned walkers_ = 0;  // threads that look at segments without a cursor
  std::uint32_t oldest_ = 0;
  std::size_t allocated_ = 0;
  std::vector<Segment> free_;
  std::size_t least_free_ = 0;  // at any time since the last trim
  std::vector<Quarantined> quarantine_;
  std::vector<std::unique_ptr<Cursor>> cursors_;
  std::vector<std::unique_ptr<Cursor>> previous_cursors_;  // somebody may still be asking for the last books
  std::array<std::atomic<std::uint32_t>, detail::journal_slots> ends_{};
  std::array<std::uint32_t, detail::journal_slots> spans_{};  // in a segment that some cursor has left
  std::array<bool, detail::journal_slots> ready_{};
  std::array<std::vector<TornFrame>, detail::journal_slots> torn_;
};

// How long a producer may stay between its reservation and its commit.
enum class Patience : std::uint8_t { usual, none };

// One pass of a cursor over what is there. The thread of its exporter only; short, since the cursor cannot be
// moved on for lagging meanwhile.
class Reading {
 public:
  Reading(Journal& journal, Cursor& cursor, TimePoint now, Patience patience = Patience::usual) noexcept;
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading();

  // The next committed record, which stays the next until take().
  [[nodiscard]] bool peek(std::string_view& record) noexcept;
  // The same, of those only whose producers had been given up.
  [[nodiscard]] bool peek_late(std::string_view& record) noexcept { return from_hole_ = peek_hole(record); }
  void take() noexcept;

 private:
  [[nodiscard]] bool peek_hole(std::string_view& record) noexcept;
  [[nodiscard]] bool peek_frame(std::string_view& record) noexcept;
  [[nodiscard]] bool know_limit() noexcept;
  [[nodiscard]] bool pass_headless(std::uint32_t limit) noexcept;
  [[nodiscard]] bool is_announced(const Position& at, std::uint32_t limit) const noexcept;
  [[nodiscard]] bool add_hole(std::uint32_t end, bool too_old_already) noexcept;
  [[nodiscard]] bool too_old(TimePoint since) const noexcept;
  [[nodiscard]] bool is_span() const noexcept;
  [[nodiscard]] bool counts(const Cursor::Hole& hole) noexcept;
  void leave_out_torn() noexcept;
  void leave_out(const Journal::TornFrame& torn) noexcept;

  Journal& journal_;
  Cursor& cursor_;
  TimePoint now_;
  Patience patience_;
  Position from_;  // where the pass began
  std::size_t next_hole_ = 0;
  bool from_hole_ = false;
  std::uint32_t peeked_size_ = 0;
  std::uint32_t limit_ = 0;  // of the segment `limit_of_`
  std::uint32_t limit_of_ = 0;
  bool is_over_ = false;
};

}  // namespace llmtrace::journal
