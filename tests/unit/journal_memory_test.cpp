// Where segments come from: those that producers take in a hurry, and those that the worker has made ready.
#include "journal/journal.hpp"

#include <gtest/gtest.h>

#include <cerrno>
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

// The real memory, and who asked for it.
class WatchedMemory final : public SegmentMemory {
 public:
  unsigned char* allocate(std::uint32_t bytes) noexcept override {
    ++in_a_hurry;
    return count(real_.allocate(bytes), bytes);
  }
  unsigned char* allocate_ready(std::uint32_t bytes) noexcept override {
    ++made_ready;
    return count(real_.allocate_ready(bytes), bytes);
  }
  void release(unsigned char* memory, std::uint32_t bytes) noexcept override {
    held -= bytes;
    real_.release(memory, bytes);
  }

  int in_a_hurry = 0;
  int made_ready = 0;
  std::size_t held = 0;

 private:
  unsigned char* count(unsigned char* memory, std::uint32_t bytes) {
    if (memory != nullptr) held += bytes;
    return memory;
  }

  AnonymousMemory real_;
};

class JournalMemoryTest : public ::testing::Test {
 protected:
  void open(std::size_t memory, std::uint32_t segment_bytes = megabyte) {
    Limits limits;
    limits.memory = memory;
    limits.segment_bytes = segment_bytes;
    journal_.open(limits, 1, 0x5eed, nullptr, nullptr);
  }
  bool write() {
    constexpr std::uint32_t size = 100'000;
    detail::Reservation at;
    const std::uint32_t need = detail::frame_size(size);
    if (!detail::try_reserve(front_, need, at) && journal_.reserve(need, at) != Reserve::done) return false;
    detail::announce_frame(at, size);
    detail::commit_frame(at, size);
    return true;
  }
  // That many megabytes, which hold ten each.
  void write_segments(int count) {
    for (int i = 0; i < 10 * count; ++i) ASSERT_TRUE(write());
  }
  void read_all() {
    Reading reading{journal_, journal_.cursor(0), TimePoint{std::chrono::hours{1}}};
    for (std::string_view record; reading.peek(record);) reading.take();
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

}  // namespace
}  // namespace llmtrace::journal
