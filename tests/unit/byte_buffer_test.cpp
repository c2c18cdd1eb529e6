#include "core/byte_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <sys/resource.h>
#include <type_traits>
#include <unistd.h>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWNS_THE_ALLOCATOR 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWNS_THE_ALLOCATOR 1
#endif
#endif

namespace llmtrace::core {
namespace {

static_assert(!std::is_copy_constructible_v<ByteBuffer>);
static_assert(!std::is_copy_assignable_v<ByteBuffer>);
static_assert(std::is_nothrow_move_constructible_v<ByteBuffer>);
static_assert(std::is_nothrow_move_assignable_v<ByteBuffer>);

TEST(ByteBuffer, starts_empty_without_memory) {
  const ByteBuffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.view(), "");
  EXPECT_EQ(buffer.capacity(), 0U);
  EXPECT_FALSE(buffer.failed());
}

TEST(ByteBuffer, keeps_what_is_appended_while_it_grows) {
  ByteBuffer buffer;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 37), static_cast<char>('a' + i % 26));
    buffer.append(piece);
    buffer.append('|');
    expected += piece + '|';
  }
  EXPECT_EQ(buffer.view(), expected);
}

TEST(ByteBuffer, takes_an_empty_view_and_embedded_nul) {
  ByteBuffer buffer;
  buffer.append(std::string_view{});
  buffer.append(nullptr, 0);
  buffer.append(std::string_view{"a\0b", 3});
  EXPECT_EQ(buffer.view(), (std::string_view{"a\0b", 3}));
}

TEST(ByteBuffer, counts_only_what_was_advanced_over) {
  ByteBuffer buffer;
  char* tail = buffer.grab(100);
  ASSERT_NE(tail, nullptr);
  std::fill_n(tail, 100, 'x');
  EXPECT_EQ(buffer.size(), 0U);
  buffer.advance(3);
  buffer.advance_to(buffer.data() + 5);
  EXPECT_EQ(buffer.view(), "xxxxx");
}

TEST(ByteBuffer, truncates_but_never_lengthens) {
  ByteBuffer buffer;
  buffer.append("hello");
  buffer.truncate(9);
  EXPECT_EQ(buffer.view(), "hello");
  buffer.truncate(2);
  EXPECT_EQ(buffer.view(), "he");
}

TEST(ByteBuffer, clear_keeps_the_memory) {
  ByteBuffer buffer;
  ASSERT_TRUE(buffer.reserve(4096));
  const char* const memory = buffer.data();
  buffer.append("hello");
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 4096U);
  EXPECT_EQ(buffer.data(), memory);
}

TEST(ByteBuffer, recycle_frees_only_what_grew_too_large) {
  ByteBuffer buffer;
  ASSERT_TRUE(buffer.reserve(4096));
  buffer.append("hello");
  buffer.recycle(4096);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 4096U);
  buffer.recycle(4095);
  EXPECT_EQ(buffer.capacity(), 0U);
  buffer.append("again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(ByteBuffer, moves_its_memory) {
  ByteBuffer first;
  first.append("hello");
  const char* const memory = first.data();
  ByteBuffer second{std::move(first)};
  EXPECT_EQ(second.data(), memory);
  ByteBuffer third;
  third.append("gone");
  third = std::move(second);
  EXPECT_EQ(third.view(), "hello");
  EXPECT_EQ(second.view(), "");
  second.append("usable");
  EXPECT_EQ(second.view(), "usable");
}

TEST(ByteBuffer, refuses_sizes_that_overflow_and_keeps_its_content) {
  ByteBuffer buffer;
  buffer.append("kept");
  EXPECT_EQ(buffer.grab(SIZE_MAX), nullptr);
  EXPECT_TRUE(buffer.failed());
  buffer.clear();
  buffer.append("kept");
  EXPECT_FALSE(buffer.reserve(SIZE_MAX / 2));
  EXPECT_TRUE(buffer.failed());
  EXPECT_EQ(buffer.view(), "kept");
}

TEST(ByteBuffer, ignores_appends_after_a_failure_even_where_room_is_left) {
  ByteBuffer buffer;
  buffer.append("kept");
  ASSERT_GT(buffer.capacity(), buffer.size() + 10);
  ASSERT_FALSE(buffer.reserve(SIZE_MAX));
  buffer.append("lost");
  buffer.append('!');
  EXPECT_EQ(buffer.grab(1), nullptr);
  EXPECT_FALSE(buffer.reserve(8));
  EXPECT_EQ(buffer.view(), "kept");
  buffer.truncate(2);
  buffer.append("lost");
  EXPECT_EQ(buffer.view(), "ke");
  EXPECT_TRUE(buffer.failed());
}

TEST(ByteBuffer, works_again_once_rolled_back_before_the_failure) {
  ByteBuffer buffer;
  buffer.append("first");
  const std::size_t mark = buffer.size();
  buffer.append(" second");
  ASSERT_EQ(buffer.grab(SIZE_MAX), nullptr);
  buffer.roll_back(mark);
  EXPECT_FALSE(buffer.failed());
  buffer.append(" third");
  EXPECT_EQ(buffer.view(), "first third");
}

TEST(ByteBuffer, failure_moves_with_the_buffer) {
  ByteBuffer buffer;
  ASSERT_FALSE(buffer.reserve(SIZE_MAX));
  ByteBuffer moved{std::move(buffer)};
  EXPECT_TRUE(moved.failed());
  EXPECT_FALSE(buffer.failed());
}

#ifndef OWNS_THE_ALLOCATOR

TEST(ByteBuffer, survives_an_allocator_that_refuses) {
  ByteBuffer buffer;
  buffer.append("kept");
  EXPECT_FALSE(buffer.reserve(ByteBuffer::max_capacity));
  EXPECT_TRUE(buffer.failed());
  EXPECT_EQ(buffer.view(), "kept");
}

// Appends until the address space is used up, in a process of its own. Exit code 0 when the buffer
// noticed, kept what it had and became usable again.
[[noreturn]] void exhaust_memory() {
  const rlimit limit{256U << 20, 256U << 20};
  if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
  ByteBuffer buffer;
  const std::string block(1U << 20, 'x');
  std::size_t appended = 0;
  for (int i = 0; i < 1024 && !buffer.failed(); ++i) {
    const std::size_t before = buffer.size();
    buffer.append(block);
    appended += buffer.size() - before;
  }
  const bool kept =
      buffer.failed() && appended > 0 && buffer.size() == appended && buffer.view().back() == 'x';
  buffer.recycle(0);
  buffer.append("usable");
  _exit(kept && buffer.view() == "usable" ? 0 : 1);
}

TEST(ByteBufferDeathTest, survives_the_end_of_the_address_space) {
  EXPECT_EXIT(exhaust_memory(), testing::ExitedWithCode(0), "");
}

#endif

}  // namespace
}  // namespace llmtrace::core
