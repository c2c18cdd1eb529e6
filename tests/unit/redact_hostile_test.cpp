// No text makes the search take longer than its length allows, or lets it end with something shown by
// mistake.
#include "core/json_check.hpp"
#include "privacy/text_redactor.hpp"
#include "support/hostile_texts.hpp"
#include <llmtrace/redact.hpp>

#include <gtest/gtest.h>

#include <random>

namespace llmtrace::privacy {
namespace {

using testing_support::hostile_pieces;
using testing_support::repeated;

class HostileText : public ::testing::Test {
 protected:
  std::string shown(std::string_view text) {
    core::ByteBuffer out;
    return redactor_.redact(text, out) == Outcome::written ? std::string{out.view()} : std::string{text};
  }

  std::shared_ptr<const Rules> rules_ = make_rules({}, RedactMode::pii);
  TextRedactor redactor_{*rules_};
};

TEST_F(HostileText, costs_work_in_proportion_to_its_length) {
  constexpr std::size_t size = 64u << 10;
  for (const std::string_view piece : hostile_pieces()) {
    static_cast<void>(shown(repeated(piece, size)));
    const std::size_t once = redactor_.last_work();
    static_cast<void>(shown(repeated(piece, 2 * size)));
    EXPECT_LE(redactor_.last_work(), 2 * once + 2 * once / 5 + 8192) << piece;
    EXPECT_LE(once, 8 * size) << piece;
  }
}

TEST_F(HostileText, of_two_kinds_costs_no_more) {
  constexpr std::size_t size = 16u << 10;
  const auto pieces = hostile_pieces();
  for (const std::string_view first : pieces)
    for (const std::string_view second : pieces) {
      static_cast<void>(shown(repeated(std::string{first}.append(second), size)));
      ASSERT_LE(redactor_.last_work(), 8 * size) << first << second;
    }
}

TEST_F(HostileText, that_is_too_much_work_is_hidden_as_a_whole) {
  // each clue makes the search read the same long name again
  const std::string text = repeated("key_", 1u << 20) + " a@b.example";
  const std::string seen = shown(text);
  EXPECT_TRUE(seen == "[redacted:failed]" || seen.find("a@b.example") == std::string::npos);
}

TEST_F(HostileText, ends_no_secret_early) {
  std::mt19937 random{3};
  const auto pieces = hostile_pieces();
  const std::string secret = "sk-proj-Ab3dEfGh1234567890xyz";
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    for (auto count = random() % 6; count != 0; --count) text += pieces[random() % pieces.size()];
    text += " " + secret + " ";
    for (auto count = random() % 6; count != 0; --count) text += pieces[random() % pieces.size()];
    EXPECT_EQ(shown(text).find("Ab3dEfGh1234567890"), std::string::npos) << text;
  }
}

TEST_F(HostileText, in_json_leaves_valid_json) {
  std::mt19937 random{5};
  const std::string_view tokens[] = {"{",
                                     "}",
                                     "[",
                                     "]",
                                     ",",
                                     ":",
                                     "\"password\"",
                                     "\"a\"",
                                     "\"a@b.example\"",
                                     "1",
                                     "-2.5e3",
                                     "4111111111111111",
                                     "null",
                                     "true",
                                     " ",
                                     "\"\\u0040\\\"\"",
                                     "\"token\"",
                                     "\"logprob\""};
  std::size_t valid = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string json{random() % 2 == 0 ? "{" : "["};
    for (auto count = 1 + random() % 8; count != 0; --count) json += tokens[random() % std::size(tokens)];
    json += json.front() == '{' ? "}" : "]";
    if (!core::is_valid_json(json, 64)) continue;
    ++valid;
    const std::string seen = llmtrace::redact(json, RedactMode::pii);
    EXPECT_TRUE(core::is_valid_json(seen, 64)) << json << " became " << seen;
    EXPECT_EQ(seen.find("a@b.example"), std::string::npos) << json;
  }
  EXPECT_GT(valid, 500U);
}

}  // namespace
}  // namespace llmtrace::privacy
