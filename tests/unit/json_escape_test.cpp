#include "core/json_escape.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace llmtrace::core {
namespace {

// Both texts lie in memory of exactly their size, so that AddressSanitizer sees a byte too many.
std::string escape_in_slices(const std::string& text, std::size_t slice) {
  const std::vector<char> input(text.begin(), text.end());
  const char* in = input.data();
  const char* const end = in + input.size();
  std::string result;
  while (in < end) {
    const std::size_t count = std::min(slice, static_cast<std::size_t>(end - in));
    const char* const stop = in + count;
    std::vector<char> room(escaped_room(count));
    char* const written = escape_json(room.data(), in, stop, end);
    EXPECT_GE(in, stop);
    EXPECT_LE(in, end);
    result.append(room.data(), written);
  }
  return result;
}

TEST(JsonEscape, stays_within_its_room) {
  const std::string pieces[] = {"\x01", "\"", "\xFF", "\xF0\x9F\x98\x80", "\xF0\x9F\x98", "a"};
  for (const std::string& piece : pieces) {
    std::string text;
    for (int i = 0; i < 70; ++i) {
      text += piece;
      escape_in_slices(text, text.size());
    }
  }
}

TEST(JsonEscape, does_not_depend_on_where_a_text_is_sliced) {
  const std::string pieces[] = {
      "plain text of some length", "\x01",     "\"",   "\\", "\xC3\xA4", "\xE2\x82\xAC",
      "\xF0\x9F\x98\x80",          "\xF0\x9F", "\xFF", "a"};
  std::mt19937 random{31};
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int n = 0; n < 20; ++n) text += pieces[random() % std::size(pieces)];
    const std::string whole = escape_in_slices(text, text.size());
    for (const std::size_t slice : {1U, 2U, 7U, 16U, 33U}) {
      ASSERT_EQ(escape_in_slices(text, slice), whole);
    }
  }
}

}  // namespace
}  // namespace llmtrace::core
