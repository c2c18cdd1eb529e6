#include "privacy/clue.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace llmtrace::privacy {
namespace {

using Find = Clue (*)(std::string_view, std::size_t) noexcept;

std::vector<std::size_t> places(std::string_view text, Find find) {
  std::vector<std::size_t> all;
  for (Clue clue = find(text, 0); clue.found(); clue = find(text, clue.at + 1)) all.push_back(clue.at);
  return all;
}

TEST(Clue, is_the_same_with_and_without_vectors) {
  std::mt19937 random{7};
  const std::string_view bits[] = {
      "sk-", "key", "tok", "en", "AK",  "IA",   "eyJ",      "\\u00", "pass", "\"",
      "=",   " ",   "gh",  "p_", "://", "auth", "\xC3\xA9", "x",     "EGIN", std::string_view{"\0pas", 4}};
  std::size_t found = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto count = random() % 60; count != 0; --count) text += bits[random() % std::size(bits)];
    const auto expected = places(text, &next_clue_by_bytes);
    EXPECT_EQ(places(text, &next_clue), expected) << text;
    found += expected.size();
  }
  EXPECT_GT(found, 10'000U);
}

TEST(Clue, is_found_up_to_the_last_byte) {
  for (std::size_t size = 3; size < 200; ++size) {
    const std::string text = std::string(size - 3, '.') + "sk-";
    ASSERT_TRUE(next_clue(text, 0).found()) << size;
    EXPECT_EQ(next_clue(text, 0).at, size - 3);
    EXPECT_FALSE(next_clue(std::string(size, '.') + "sk", 0).found());
  }
}

TEST(Clue, is_no_place_of_plain_prose) {
  constexpr std::string_view prose =
      "The guest asks whether the \"late check-out\" that the caf\xC3\xA9 desk promised her on Friday also "
      "holds for "
      "the second room, and who pays for it. Answer in two sentences and name the booking.\n";
  EXPECT_FALSE(next_clue(prose, 0).found());
}

}  // namespace
}  // namespace llmtrace::privacy
