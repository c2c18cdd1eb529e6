#include "core/json_check.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>

namespace llmtrace::core {
namespace {

std::string nested(int depth, std::string_view open, std::string_view inside, std::string_view close) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  text += inside;
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(JsonCheck, accepts_each_kind_of_value) {
  for (const char* text : {"null",
                           "true",
                           "false",
                           "0",
                           "-0",
                           "12",
                           "-1.5",
                           "0.0",
                           "1e5",
                           "1E+5",
                           "1.25e-10",
                           "\"\"",
                           "\"text\"",
                           "[]",
                           "{}",
                           "[1,2]",
                           "[[],{}]",
                           R"({"a":1})",
                           R"({"a":[{"b":null}],"c":"d"})",
                           R"({"a":1,"a":2})",
                           R"({"":0})"}) {
    EXPECT_TRUE(is_valid_json(text)) << text;
  }
}

TEST(JsonCheck, accepts_white_space_between_tokens) {
  EXPECT_TRUE(is_valid_json(" \t\r\n{ \"a\" :\n[ 1 , 2 ] ,\"b\": { } } \n"));
  EXPECT_TRUE(is_valid_json(" 1 "));
  EXPECT_FALSE(is_valid_json("\f1"));
  EXPECT_FALSE(
      is_valid_json("\xC2\xA0"
                    "1"));
  EXPECT_FALSE(
      is_valid_json("\xEF\xBB\xBF"
                    "1"));
}

TEST(JsonCheck, refuses_what_is_not_exactly_one_value) {
  for (const char* text : {"", " ", "1 2", "[] []", "{}x", "nul", "nulll", "True", "NaN", "Infinity",
                           "undefined", "'a'", "//c\n1", "1//c", "\\", ",", ":", "]", "}"}) {
    EXPECT_FALSE(is_valid_json(text)) << text;
  }
  EXPECT_FALSE(is_valid_json(std::string_view{"1\0", 2}));
  EXPECT_FALSE(is_valid_json(std::string_view{}));
}

TEST(JsonCheck, refuses_broken_containers) {
  for (const char* text :
       {"[",    "{",         "[1",        "[1,",      "[1,]",     "[,1]",      "[1 2]",
        "[1}",  "{1:2}",     "{\"a\"}",   "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{,}",  "{\"a\":1]", "{\"a\" 1}", "{a:1}",    "[}",       "{]",        "{\"a\":1 \"b\":2}",
        "[[1]", "{\"a\"",    "{\"a\":"}) {
    EXPECT_FALSE(is_valid_json(text)) << text;
  }
}

TEST(JsonCheck, refuses_loose_numbers) {
  for (const char* text : {"-", "+1", "01", "-01", "00", ".5", "1.", "1.e5", "1e", "1e+", "1e+-5", "0x10",
                           "1_000", "--1", "1.2.3", "1e5.5", "-a", "0e", "1,5"}) {
    EXPECT_FALSE(is_valid_json(text)) << text;
  }
}

// One such number used to cost a whole batch: parsers refuse the document.
TEST(JsonCheck, refuses_numbers_that_no_double_holds) {
  for (const char* text : {"1e309", "-1e309", "[1E+99999999999]", "{\"a\":1.8e308}"}) {
    EXPECT_FALSE(is_valid_json(text)) << text;
  }
  EXPECT_FALSE(is_valid_json("1" + std::string(400, '0')));
  EXPECT_TRUE(is_valid_json("1" + std::string(400, '0') + "e-200"));
  EXPECT_TRUE(is_valid_json("0." + std::string(400, '3')));
  EXPECT_TRUE(is_valid_json("[1.7976931348623157e308, 123456789012345678901234567890, 4.9e-324, 0e999]"));
}

TEST(JsonCheck, checks_escapes) {
  EXPECT_TRUE(is_valid_json(R"("\"\\\/\b\f\n\r\t")"));
  EXPECT_TRUE(is_valid_json(R"("\u0000\u00e4\uFFFF\uABcd")"));
  for (const char* text : {R"("\x")", R"("\a")", R"("\u12")", R"("\u123g")", R"("\u 123")", R"("\U0041")",
                           R"("\")", "\"\\", "\"\\u", "\"\\u123", R"("\0")"}) {
    EXPECT_FALSE(is_valid_json(text)) << text;
  }
}

TEST(JsonCheck, wants_surrogates_in_pairs) {
  EXPECT_TRUE(is_valid_json(R"("\ud83d\ude00")"));
  EXPECT_TRUE(is_valid_json(R"("\uDBFF\uDFFFx")"));
  EXPECT_TRUE(is_valid_json(R"("\ud7ff\ue000")"));
  for (const char* text :
       {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\n")", R"("\ud83d\u0041")",
        R"("\ude00\ud83d")", R"("\ud83d\ud83d\ude00")", R"("\ud83d\")", R"("\ud83d\ude0")"}) {
    EXPECT_FALSE(is_valid_json(text)) << text;
  }
}

TEST(JsonCheck, refuses_control_characters_in_strings) {
  for (int code = 0; code < 0x20; ++code) {
    const std::string text{'"', 'a', static_cast<char>(code), 'b', '"'};
    EXPECT_FALSE(is_valid_json(text)) << code;
  }
  EXPECT_TRUE(is_valid_json("\"\x7F\""));
}

TEST(JsonCheck, wants_valid_utf8_at_every_place) {
  for (std::size_t before = 0; before < 70; ++before) {
    const std::string start = '"' + std::string(before, 'a');
    for (const std::string good : {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
      EXPECT_TRUE(is_valid_json(start + good + '"'));
      EXPECT_TRUE(is_valid_json(start + good + good + "b\""));
      EXPECT_FALSE(is_valid_json(start + good));
    }
    for (const std::string bad :
         {"\x80", "\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xF0\x9F\x98"}) {
      EXPECT_FALSE(is_valid_json(start + bad + '"'));
      EXPECT_FALSE(is_valid_json(start + bad));
      EXPECT_FALSE(is_valid_json(start + bad + "bbbb\""));
    }
  }
}

TEST(JsonCheck, stops_at_the_depth_it_is_given) {
  EXPECT_TRUE(is_valid_json(nested(60, "[", "1", "]")));
  EXPECT_FALSE(is_valid_json(nested(61, "[", "1", "]")));
  EXPECT_TRUE(is_valid_json(nested(60, "{\"a\":", "1", "}")));
  EXPECT_FALSE(is_valid_json(nested(61, "{\"a\":", "1", "}")));
  EXPECT_TRUE(is_valid_json(nested(3, "[", "", "]"), 3));
  EXPECT_FALSE(is_valid_json(nested(4, "[", "", "]"), 3));
  EXPECT_TRUE(is_valid_json("[[],[],{}]", 2));
  EXPECT_TRUE(is_valid_json("1", 0));
  EXPECT_FALSE(is_valid_json("[]", 0));
  EXPECT_FALSE(is_valid_json("[]", -1));
}

TEST(JsonCheck, remembers_the_kind_of_every_container_at_the_deepest_setting) {
  EXPECT_TRUE(is_valid_json(nested(32, "{\"a\":[", "1", "]}"), 64));
  EXPECT_FALSE(is_valid_json(nested(33, "{\"a\":[", "1", "]}"), 1000));
  EXPECT_FALSE(is_valid_json(nested(32, "{\"a\":[", "1", "}]"), 64));
}

TEST(JsonCheck, survives_extreme_depth) {
  EXPECT_FALSE(is_valid_json(nested(1'000'000, "[", "", "]"), 1'000'000));
}

// nlohmann ends its input at a NUL, skips a byte order mark and refuses numbers that no double holds:
// the mutations make none of these.
TEST(JsonCheck, agrees_with_a_parser_on_mutated_documents) {
  const std::string seed =
      "{\"a\": [1, -2.5e1, true, null], \"b\\u00e4\\n\": {\"c\": \"d\\ud83d\\ude00\", \"e\": []},"
      " \"text of a length\": \"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\", \"f\": false}";
  ASSERT_TRUE(is_valid_json(seed));
  const std::string alphabet = "{}[]\",:\\u0d8e. -+tfn\n\x01\x80\xC3\xE2\xF0\xA0";
  std::mt19937 random{29};
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = seed;
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      const char byte = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0: text[at] = byte; break;
        case 1: text.erase(at, 1 + random() % 3); break;
        default: text.insert(at, 1, byte); break;
      }
    }
    const bool expected = nlohmann::json::accept(text);
    accepted += expected ? 1 : 0;
    ASSERT_EQ(is_valid_json(text), expected) << text;
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace llmtrace::core
