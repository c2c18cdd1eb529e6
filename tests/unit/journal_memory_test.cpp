// Where segments come from: those that producers take in a hurry, and those that the worker has made ready.
#include "journal/journal.hpp"
#include "unit/watched_memory.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace llmtrace::journal {
namespace {

constexpr std::uint32_t megabyte = 1u << 20;

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

bool is_mapped(unsigned char* memory, std::size_t bytes) {
  std::vector<unsigned char> pages(bytes / page_bytes());
  return ::mincore(memory, bytes, pages.data()) == 0;
}

std::size_t resident_pages(unsigned char* memory, std::size_t bytes) {
  std::vector<unsigned char> pages(bytes / page_bytes());
  EXPECT_EQ(::mincore(memory, bytes, pages.data()), 0) << errno;
  std::size_t resident = 0;
  for (const unsigned char page : pages) resident += page & 1u;
  return resident;
}

TEST(AnonymousMemoryTest, ready_memory_lies_as_a_huge_page_would_and_takes_no_more_faults) {
  AnonymousMemory memory;
  for (int i = 0; i < 5; ++i) {
    unsigned char* block = memory.allocate_ready(huge_page);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % huge_page, 0U);
    EXPECT_EQ(resident_pages(block, huge_page), huge_page / page_bytes());
    memory.release(block, huge_page);
    EXPECT_FALSE(is_mapped(block, huge_page));
  }
}

TEST(AnonymousMemoryTest, a_part_of_a_block_can_be_released_and_the_rest_stays) {
  AnonymousMemory memory;
  unsigned char* block = memory.allocate_ready(huge_page);
  ASSERT_NE(block, nullptr);
  block[megabyte] = 42;
  memory.release(block, megabyte);
  EXPECT_FALSE(is_mapped(block, megabyte));
  EXPECT_EQ(block[megabyte], 42);
  memory.release(block + megabyte, megabyte);
  EXPECT_FALSE(is_mapped(block + megabyte, megabyte));
}

TEST(AnonymousMemoryTest, what_is_smaller_than_a_huge_page_is_ready_too) {
  AnonymousMemory memory;
  unsigned char* segment = memory.allocate_ready(64u << 10);
  ASSERT_NE(segment, nullptr);
  EXPECT_EQ(resident_pages(segment, 64u << 10), (64u << 10) / page_bytes());
  memory.release(segment, 64u << 10);
}

class JournalMemoryTest : public ::testing::Test {
 protected:
  void open(std::size_t memory, std::uint32_t segment_bytes = megabyte, std::size_t cursors = 1) {
    Limits limits;
    limits.memory = memory;
    limits.segment_bytes = segment_bytes;
    journal_.open(limits, cursors, 0x5eed, nullptr, nullptr);
  }
  Reserve try_write(std::uint32_t size = 100'000) {
    detail::Reservation at;
    const std::uint32_t need = detail::frame_size(size);
    if (!detail::try_reserve(front_, need, at)) {
      const Reserve outcome = journal_.reserve(need, at);
      if (outcome != Reserve::done) return outcome;
    }
    detail::announce_frame(at, size);
    detail::commit_frame(at, size);
    return Reserve::done;
  }
  bool write(std::uint32_t size = 100'000) { return try_write(size) == Reserve::done; }
  // That many megabytes, which hold ten each.
  void write_segments(int count) {
    for (int i = 0; i < 10 * count; ++i) ASSERT_TRUE(write());
  }
  void read_all() { read(INT_MAX); }
  void read(int at_most) {
    Reading reading{journal_, journal_.cursor(0), TimePoint{std::chrono::hours{1}}};
    for (std::string_view record; at_most > 0 && reading.peek(record); --at_most) reading.take();
  }

  detail::JournalFront front_;
  WatchedMemory memory_;
  Journal journal_{front_, memory_};
};

TEST_F(JournalMemoryTest, prepares_as_many_segments_as_a_huge_page_holds) {
  open(32u << 20);
  ASSERT_TRUE(write());
  EXPECT_EQ(memory_.in_a_hurry, 1);
  journal_.prepare();
  EXPECT_EQ(memory_.made_ready, 1);
  EXPECT_EQ(journal_.allocated(), 3U * megabyte);
  write_segments(2);
  EXPECT_EQ(memory_.in_a_hurry, 1) << "producers took what was ready";
}

TEST_F(JournalMemoryTest, replaces_what_producers_took_in_a_hurry_when_it_comes_free) {
  open(32u << 20);
  write_segments(5);
  EXPECT_EQ(memory_.in_a_hurry, 5);
  read_all();
  for (int i = 0; i < 5; ++i) journal_.prepare();
  const int made_ready = memory_.made_ready;
  EXPECT_EQ(made_ready, 2) << "two segments each, for the four that are free";
  EXPECT_EQ(journal_.allocated(), 5U * megabyte);
  for (int burst = 0; burst < 5; ++burst) {
    write_segments(4);
    read_all();
    journal_.prepare();
  }
  EXPECT_EQ(memory_.in_a_hurry, 5) << "all bursts after the first found ready ones";
  EXPECT_LE(memory_.made_ready, made_ready + 1) << "and the one that was in use meanwhile is replaced once";
}

// Producers that run ahead by some megabytes all the time, while what they wrote comes free bit by bit.
TEST_F(JournalMemoryTest, holds_hardly_more_than_a_stream_needs) {
  open(32u << 20);
  write_segments(5);
  for (int i = 0; i < 200; ++i) {
    read(10);
    journal_.prepare();
    write_segments(1);
    ASSERT_LE(journal_.allocated(), 8U * megabyte) << i;
  }
}

TEST_F(JournalMemoryTest, holds_what_it_says_and_never_more_than_its_limit) {
  open(8u << 20);
  for (int round = 0; round < 4; ++round) {
    while (write()) journal_.prepare();
    EXPECT_EQ(memory_.held, journal_.allocated());
    EXPECT_EQ(journal_.allocated(), 8U * megabyte);
    read_all();
    for (int i = 0; i < 9; ++i) journal_.prepare();
    EXPECT_EQ(memory_.held, journal_.allocated());
    EXPECT_LE(journal_.allocated(), 8U * megabyte);
    journal_.trim();
    journal_.trim();
    EXPECT_EQ(journal_.allocated(), 2U * megabyte) << "the one at the tail, and one that is ready";
  }
  journal_.close();
  read_all();
  journal_.destroy();
  EXPECT_EQ(memory_.held, 0U);
}

TEST_F(JournalMemoryTest, a_small_budget_is_not_spent_on_huge_pages) {
  constexpr std::uint32_t segment = 64u << 10;
  open(2u << 20, segment);
  detail::Reservation at;
  ASSERT_EQ(journal_.reserve(1000, at), Reserve::done);
  journal_.prepare();
  EXPECT_EQ(journal_.allocated(), 2U * segment);
}

// Nobody told when the system had memory again: one refusal ended all tracing.
TEST_F(JournalMemoryTest, what_the_system_refused_is_asked_for_again) {
  for (const std::size_t cursors : {0U, 1U, 2U}) {
    open(32u << 20, megabyte, cursors);
    memory_.refused = 1;
    ASSERT_EQ(try_write(), Reserve::out_of_memory);
    int lost = 1;
    while (lost < 1000 && !write()) ++lost;
    EXPECT_LE(lost, 64) << cursors << " cursors";
    EXPECT_TRUE(write());
    journal_.close();
    journal_.destroy();
  }
}

TEST_F(JournalMemoryTest, the_worker_lets_the_next_span_ask_again) {
  open(32u << 20);
  memory_.refused = 1;
  EXPECT_EQ(try_write(), Reserve::out_of_memory);
  EXPECT_EQ(try_write(), Reserve::out_of_memory);
  EXPECT_EQ(memory_.in_a_hurry, 1);
  journal_.prepare();
  EXPECT_TRUE(write());
}

TEST_F(JournalMemoryTest, not_every_span_of_a_storm_asks_the_system) {
  open(32u << 20);
  ASSERT_TRUE(write());
  memory_.refused = WatchedMemory::for_good;
  for (int i = 0; i < 6410; ++i) static_cast<void>(write());
  EXPECT_EQ(try_write(), Reserve::out_of_memory);
  EXPECT_LE(memory_.in_a_hurry, 1 + 101);
  memory_.refused = 0;
  journal_.prepare();
  EXPECT_TRUE(write());
}

TEST_F(JournalMemoryTest, where_the_system_refuses_the_exporter_that_lags_gives_way) {
  open(32u << 20, megabyte, 2);
  write_segments(3);
  read_all();
  memory_.refused = WatchedMemory::for_good;
  write_segments(2);
  EXPECT_GT(journal_.lagged(journal_.cursor(1)), 0U);
}

// What the worker could not get after all was given back to the budget, and nobody was told.
TEST_F(JournalMemoryTest, what_the_worker_does_not_get_is_the_producers_again) {
  open(3u << 20);
  ASSERT_TRUE(write());
  memory_.while_made_ready = [this] {
    while (write()) {
    }
    memory_.refused = 1;
  };
  journal_.prepare();
  EXPECT_EQ(journal_.allocated(), 2U * megabyte);
  EXPECT_TRUE(write());
}

TEST_F(JournalMemoryTest, while_the_worker_makes_a_segment_ready_there_is_one_for_producers) {
  open(3u << 20);
  write_segments(1);
  memory_.while_made_ready = [this] { write_segments(1); };
  journal_.prepare();
  EXPECT_EQ(memory_.made_ready, 1);
  write_segments(1);
}

// The budget was free before the memory was, and somebody else took it in between.
TEST_F(JournalMemoryTest, what_is_being_given_back_is_still_held) {
  open(8u << 20);
  const auto fill = [this] {
    while (write()) {
    }
  };
  fill();
  read_all();
  memory_.while_released = fill;
  journal_.trim();
  journal_.trim();
  EXPECT_EQ(memory_.while_released, nullptr) << "something was given back";
  EXPECT_EQ(memory_.most_held, 8U * megabyte);
  EXPECT_TRUE(write()) << "what was given back can be used";
}

// A ring of segments of one megabyte ended at 256 of them.
TEST_F(JournalMemoryTest, a_large_budget_can_be_used_as_a_whole) {
  constexpr std::size_t memory = std::size_t{1} << 30;
  open(memory, segment_bytes_for(memory));
  std::size_t taken = 0;
  while (write(1'000'000)) taken += 1'000'000;
  EXPECT_EQ(journal_.allocated(), memory);
  EXPECT_GT(taken, memory / 100 * 95);
  read_all();
  journal_.close();
  journal_.destroy();
  EXPECT_EQ(memory_.held, 0U);
}

TEST_F(JournalMemoryTest, large_segments_are_made_ready_and_replaced_too) {
  open(std::size_t{1} << 30, 4 * megabyte);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(write(2'000'000));
  EXPECT_EQ(memory_.in_a_hurry, 4);
  read_all();
  for (int i = 0; i < 5; ++i) journal_.prepare();
  EXPECT_EQ(memory_.made_ready, 3) << "one for each that is free";
  EXPECT_EQ(journal_.allocated(), 16U * megabyte);
}

TEST_F(JournalMemoryTest, segments_that_are_huge_are_not_touched_ahead) {
  constexpr std::size_t memory = std::size_t{16} << 30;
  open(memory, segment_bytes_for(memory));
  ASSERT_TRUE(write());
  journal_.prepare();
  EXPECT_EQ(memory_.made_ready, 0);
  EXPECT_EQ(journal_.allocated(), segment_bytes_for(memory));
}

TEST(SegmentBytes, are_few_enough_for_the_ring_and_a_power_of_two) {
  constexpr std::size_t gigabyte = std::size_t{1} << 30;
  EXPECT_EQ(segment_bytes_for(256u << 10), 64u << 10);
  EXPECT_EQ(segment_bytes_for(8u << 20), 256u << 10);
  EXPECT_EQ(segment_bytes_for(32u << 20), megabyte);
  EXPECT_EQ(segment_bytes_for(255u << 20), megabyte);
  EXPECT_EQ(segment_bytes_for(256u << 20), 2 * megabyte);
  EXPECT_EQ(segment_bytes_for(gigabyte), 8 * megabyte);
  EXPECT_EQ(segment_bytes_for(16 * gigabyte), 128 * megabyte);
}

}  // namespace
}  // namespace llmtrace::journal
