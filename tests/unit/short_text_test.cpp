#include "core/short_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace llmtrace::core {
namespace {

struct Copied {
  bool plain;
  std::string text;
};

// In memory of exactly its size on both sides, so that AddressSanitizer sees a byte too many.
Copied copy(const std::string& text) {
  const std::vector<char> in(text.begin(), text.end());
  std::vector<char> out(text.size());
  const bool plain = copy_if_plain(out.data(), in.data(), in.size());
  return {plain, {out.begin(), out.end()}};
}

std::string letters(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>('a' + i % 26));
  return text;
}

TEST(ShortText, is_copied_in_every_length) {
  for (std::size_t size = 0; size <= longest_short_text; ++size) {
    const Copied copied = copy(letters(size));
    EXPECT_TRUE(copied.plain) << size;
    EXPECT_EQ(copied.text, letters(size));
  }
}

TEST(ShortText, sees_every_byte_at_every_place) {
  for (std::size_t size = 1; size <= longest_short_text; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int code = 0; code < 256; ++code) {
        std::string text = letters(size);
        text[place] = static_cast<char>(code);
        ASSERT_EQ(copy(text).plain, plain_run(text) == size) << size << ' ' << place << ' ' << code;
      }
    }
  }
}

TEST(ShortText, is_the_same_without_vectors) {
  for (std::size_t size = 16; size <= longest_short_text; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (const char byte : {'a', '"', '\\', '\x1F', '\x7F', '\x80', '\xFF'}) {
        std::string text = letters(size);
        text[place] = byte;
        std::string out(size, '\0');
        const bool plain = short_text::copy_blocks_by_words(out.data(), text.data(), size);
        ASSERT_EQ(plain, copy(text).plain) << size << ' ' << place << ' ' << int{byte};
        ASSERT_EQ(out, text);
      }
    }
  }
}

}  // namespace
}  // namespace llmtrace::core
