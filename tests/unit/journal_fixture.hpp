#pragma once

#include "journal/journal.hpp"
#include "unit/watched_memory.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::journal {

// A journal of four small segments, whose producers can be stopped between any two steps.
class JournalFixture : public ::testing::Test {
 protected:
  static constexpr std::uint32_t segment_bytes = 4096;

  // Frames lie on eight bytes.
  static std::uint32_t need_of(std::string_view record) {
    return detail::frame_size(static_cast<std::uint32_t>(record.size()));
  }

  static Limits small_limits() {
    Limits limits;
    limits.segment_bytes = segment_bytes;
    limits.memory = 4 * segment_bytes;
    limits.max_frame = 4 * segment_bytes;
    return limits;
  }

  void open(std::size_t cursors, const Limits& limits = small_limits()) {
    const auto count = [](void* torn, int change) { *static_cast<std::int64_t*>(torn) += change; };
    journal_.open(limits, cursors, 0x5eed, count, &torn_);
  }

  Reserve try_place(std::uint32_t need, detail::Reservation& at) {
    return detail::try_reserve(front_, need, at) ? Reserve::done : journal_.reserve(need, at);
  }
  detail::Reservation place(std::string_view record) {
    detail::Reservation at;
    EXPECT_EQ(try_place(need_of(record), at), Reserve::done);
    return at;
  }
  static void announce(const detail::Reservation& at, std::string_view record, std::uint32_t marks = 0) {
    detail::announce_frame(at, static_cast<std::uint32_t>(record.size()) | marks);
  }
  static void commit(const detail::Reservation& at, std::string_view record, std::uint32_t marks = 0) {
    std::memcpy(at.frame + sizeof(detail::FrameHead), record.data(), record.size());
    detail::commit_frame(at, static_cast<std::uint32_t>(record.size()) | marks);
  }
  Reserve write(std::string_view record, std::uint32_t marks = 0) {
    detail::Reservation at;
    const Reserve outcome = try_place(need_of(record), at);
    if (outcome != Reserve::done) return outcome;
    announce(at, record, marks);
    commit(at, record, marks);
    return outcome;
  }
  // As many as the journal takes.
  std::size_t fill(std::string_view record) {
    std::size_t count = 0;
    while (write(record) == Reserve::done) ++count;
    return count;
  }

  std::vector<std::string> read(std::size_t cursor = 0, std::size_t at_most = SIZE_MAX) {
    std::vector<std::string> records;
    Reading reading{journal_, journal_.cursor(cursor), now_};
    std::string_view record;
    while (records.size() < at_most && reading.peek(record)) {
      records.emplace_back(record);
      reading.take();
    }
    return records;
  }
  // Long enough for a hole to be given up, with the looks that it takes.
  void wait_for_torn(std::size_t cursor = 0) {
    for (int look = 0; look < 5; ++look) {
      now_ += std::chrono::seconds{2};
      EXPECT_TRUE(read(cursor).empty());
    }
  }

  detail::JournalFront front_;
  WatchedMemory memory_;
  Journal journal_{front_, memory_};
  std::int64_t torn_ = 0;
  TimePoint now_{std::chrono::hours{1}};
};

using Records = std::vector<std::string>;

}  // namespace llmtrace::journal
