#include "core/utf8.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>

namespace llmtrace::core {
namespace {

// Encodes by the definition, also what must not be encoded.
std::string encode(std::uint32_t code, int size) {
  if (size == 1) return {static_cast<char>(code)};
  std::string text;
  for (int i = size - 1; i > 0; --i) {
    text.insert(text.begin(), static_cast<char>(0x80 | (code & 0x3F)));
    code >>= 6;
  }
  const unsigned marker = 0xF00U >> size & 0xFFU;
  text.insert(text.begin(), static_cast<char>(marker | code));
  return text;
}

int shortest_size(std::uint32_t code) { return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4; }

TEST(Utf8, accepts_every_code_point_in_its_shortest_form_only) {
  for (std::uint32_t code = 0; code <= 0x1FFFFF; ++code) {
    const bool scalar = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    for (int size = shortest_size(code); size <= 4; ++size) {
      const std::string text = encode(code, size);
      const bool valid = scalar && size == shortest_size(code);
      ASSERT_EQ(valid_utf8(text), valid) << code << " in " << size;
      ASSERT_EQ(valid_utf8(text + "tail"), valid) << code << " in " << size;
      ASSERT_EQ(valid_utf8("A text that is longer than 16 " + text + "x"), valid) << code;
    }
  }
}

// What every second byte does after every lead byte, by the table of the standard.
TEST(Utf8, quick_and_careful_reading_agree) {
  std::mt19937 random{3};
  for (unsigned lead = 0x80; lead < 0x100; ++lead) {
    for (unsigned second = 0; second < 0x100; ++second) {
      for (int i = 0; i < 8; ++i) {
        const auto third = static_cast<char>(i % 2 == 0 ? random() : 0x80 | (random() & 0x3F));
        const auto fourth = static_cast<char>(i < 4 ? random() : 0x80 | (random() & 0x3F));
        const char text[] = {static_cast<char>(lead), static_cast<char>(second), third, fourth};
        const Utf8Sequence careful = read_utf8(text, text + 4);
        ASSERT_EQ(multibyte_length(text), careful.valid ? careful.length : 0U);
      }
    }
  }
}

TEST(Utf8, measures_maximal_invalid_subparts) {
  const auto length = [](std::string_view text) {
    const Utf8Sequence sequence = read_utf8(text.data(), text.data() + text.size());
    EXPECT_FALSE(sequence.valid);
    return static_cast<int>(sequence.length);
  };
  EXPECT_EQ(length("\x80"), 1);              // lone continuation
  EXPECT_EQ(length("\xC0\xAF"), 1);          // overlong
  EXPECT_EQ(length("\xE0\x80\xAF"), 1);      // overlong
  EXPECT_EQ(length("\xED\xA0\x80"), 1);      // surrogate
  EXPECT_EQ(length("\xF4\x90\x80\x80"), 1);  // above U+10FFFF
  EXPECT_EQ(length("\xFF"), 1);
  EXPECT_EQ(length("\xE2\x82"), 2);  // truncated
  EXPECT_EQ(length("\xE2\x82x"), 2);
  EXPECT_EQ(length("\xF0\x9F\x98"), 3);  // truncated
  EXPECT_EQ(length("\xF0\x9F\x98x"), 3);
  EXPECT_EQ(length("\xF0\x9Fxx"), 2);
  EXPECT_EQ(length("\xC3"), 1);
}

TEST(Utf8, refuses_a_truncated_tail_at_every_distance_from_a_block) {
  for (std::size_t before = 0; before < 70; ++before) {
    const std::string ascii(before, 'a');
    for (const std::string whole : {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
      EXPECT_TRUE(valid_utf8(ascii + whole + ascii));
      for (std::size_t size = 1; size < whole.size(); ++size) {
        EXPECT_FALSE(valid_utf8(ascii + whole.substr(0, size)));
        EXPECT_FALSE(valid_utf8(ascii + whole.substr(0, size) + ascii + "x"));
      }
    }
  }
}

TEST(Utf8, takes_an_empty_text) {
  EXPECT_TRUE(valid_utf8({}));
  EXPECT_EQ(cut_utf8({}, 0), "");
  EXPECT_EQ(cut_utf8({}, 5), "");
}

TEST(Utf8Cut, leaves_a_short_text_alone) {
  EXPECT_EQ(cut_utf8("hello", 5), "hello");
  EXPECT_EQ(cut_utf8("hello", SIZE_MAX), "hello");
  EXPECT_EQ(cut_utf8("\xFF\xFF", 2), "\xFF\xFF");
}

TEST(Utf8Cut, never_splits_a_code_point) {
  const std::string text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z";  // sizes 1 2 3 4 1
  const std::size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
  for (std::size_t max = 0; max < std::size(expected); ++max) {
    EXPECT_EQ(cut_utf8(text, max), text.substr(0, expected[max])) << max;
  }
}

TEST(Utf8Cut, cuts_invalid_bytes_where_they_stand) {
  EXPECT_EQ(cut_utf8("\x80\x80\x80\x80\x80\x80", 5).size(), 5U);
  EXPECT_EQ(cut_utf8("\xFF\xFF\xFF", 2).size(), 2U);
  EXPECT_EQ(cut_utf8("a\xED\xA0\x80z", 2).size(), 2U);     // encoded surrogate
  EXPECT_EQ(cut_utf8("a\xC3\xA4\x80\x80", 4).size(), 4U);  // stray continuations
  EXPECT_EQ(cut_utf8("ab\xF0\x9F\x98", 4).size(), 4U);     // truncated: nothing to protect
}

TEST(Utf8Cut, holds_its_promises_on_random_bytes) {
  std::mt19937 random{5};
  const std::string alphabet = "a\x80\x9F\xA0\xBF\xC2\xC3\xE0\xE2\xED\xEF\xF0\xF4\xF5";
  for (int i = 0; i < 50'000; ++i) {
    std::string text(random() % 12, ' ');
    for (char& byte : text) byte = alphabet[random() % alphabet.size()];
    const std::size_t max = random() % 14;
    const std::string_view cut = cut_utf8(text, max);
    ASSERT_EQ(cut.data(), text.data());
    ASSERT_LE(cut.size(), max);
    ASSERT_GE(cut.size() + 3, std::min(max, text.size()));
    ASSERT_TRUE(!valid_utf8(text) || valid_utf8(cut));
  }
}

}  // namespace
}  // namespace llmtrace::core
