#include "core/json_writer.hpp"

#include "core/json_check.hpp"
#include "core/plain_run.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace llmtrace::core {
namespace {

template <typename Write>
std::string written(Write write) {
  ByteBuffer buffer;
  JsonWriter writer{buffer};
  write(writer);
  EXPECT_FALSE(buffer.failed());
  EXPECT_TRUE(writer.balanced());
  return std::string{buffer.view()};
}

std::string json_string(std::string_view text) {
  return written([&](JsonWriter& writer) { writer.string(text); });
}

// The decoder of the WHATWG encoding standard, one byte at a time: what must come back out.
std::string repaired(std::string_view text) {
  std::string result, pending;
  unsigned needed = 0, lower = 0x80, upper = 0xBF;
  const auto give_up = [&] {
    result += "\xEF\xBF\xBD";
    pending.clear();
    needed = 0, lower = 0x80, upper = 0xBF;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (needed == 0) {
      pending = text[i];
      if (byte < 0x80)
        result += text[i];
      else if (byte >= 0xC2 && byte <= 0xDF)
        needed = 1;
      else if (byte >= 0xE0 && byte <= 0xEF)
        needed = 2;
      else if (byte >= 0xF0 && byte <= 0xF4)
        needed = 3;
      else
        give_up();
      if (byte == 0xE0) lower = 0xA0;
      if (byte == 0xED) upper = 0x9F;
      if (byte == 0xF0) lower = 0x90;
      if (byte == 0xF4) upper = 0x8F;
    } else if (byte < lower || byte > upper) {
      give_up();
      --i;
    } else {
      pending += text[i];
      lower = 0x80, upper = 0xBF;
      if (--needed == 0) result += pending;
    }
  }
  if (needed != 0) give_up();
  return result;
}

std::vector<VectorPath> available_paths() {
  std::vector<VectorPath> paths;
  for (const auto path : {VectorPath::words, VectorPath::sse2, VectorPath::avx2, VectorPath::neon}) {
    if (force_vector_path(path)) paths.push_back(path);
  }
  return paths;  // and the widest stays chosen
}

// Writes on every path; all must agree with each other, with a strict parser and with the decoder.
void check_string(const std::string& text) {
  std::string first;
  for (const auto path : available_paths()) {
    force_vector_path(path);
    const std::string json = json_string(text);
    if (first.empty()) first = json;
    ASSERT_EQ(json, first);
  }
  ASSERT_TRUE(is_valid_json(first)) << first;
  const auto parsed = nlohmann::json::parse(first, nullptr, false);
  ASSERT_TRUE(parsed.is_string()) << first;
  ASSERT_EQ(parsed.get<std::string>(), repaired(text));
}

TEST(JsonWriter, places_commas_and_colons) {
  const std::string json = written([](JsonWriter& writer) {
    writer.begin_object();
    writer.literal_key("a");
    writer.integer(1);
    writer.key("b");
    writer.begin_array();
    writer.integer(-2);
    writer.begin_object();
    writer.end_object();
    writer.begin_array();
    writer.end_array();
    writer.string("x");
    writer.plain_string("y");
    writer.null();
    writer.end_array();
    writer.literal_key("");
    writer.boolean(true);
    writer.literal_key("c");
    writer.boolean(false);
    writer.literal_key("d");
    writer.raw(R"({"raw": 1})");
    writer.end_object();
  });
  EXPECT_EQ(json, R"({"a":1,"b":[-2,{},[],"x","y",null],"":true,"c":false,"d":{"raw": 1}})");
}

TEST(JsonWriter, escapes_keys) {
  const std::string json = written([](JsonWriter& writer) {
    writer.begin_object();
    writer.key("a\"b\n\xFF");
    writer.integer(1);
    writer.key("second");
    writer.integer(2);
    writer.end_object();
  });
  EXPECT_EQ(json, "{\"a\\\"b\\n\xEF\xBF\xBD\":1,\"second\":2}");
}

TEST(JsonWriter, writes_the_ends_of_the_integers) {
  const std::string json = written([](JsonWriter& writer) {
    writer.begin_array();
    writer.integer(0);
    writer.integer(std::numeric_limits<std::int64_t>::min());
    writer.integer(std::numeric_limits<std::int64_t>::max());
    writer.integer(std::numeric_limits<std::uint64_t>::max());
    writer.integer(std::uint8_t{200});
    writer.integer(std::int16_t{-5});
    writer.end_array();
  });
  EXPECT_EQ(json, "[0,-9223372036854775808,9223372036854775807,18446744073709551615,200,-5]");
}

TEST(JsonWriter, writes_the_shortest_number_that_reads_back) {
  const auto number = [](double value) { return written([&](JsonWriter& writer) { writer.number(value); }); };
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(-0.0), "-0");
  EXPECT_EQ(number(3), "3");
  EXPECT_EQ(number(1e300), "1e+300");
  std::mt19937_64 random{17};
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string json = number(value);
    ASSERT_TRUE(is_valid_json(json)) << json;
    ASSERT_EQ(std::strtod(json.c_str(), nullptr), value) << json;
  }
}

// Short decimals take a way of their own.
TEST(JsonWriter, writes_decimals_as_the_standard_library_does) {
  std::mt19937_64 random{23};
  std::array<char, 32> expected{};
  for (int i = 0; i < 50'000; ++i) {
    const auto digits = static_cast<double>(random() % (std::uint64_t{1} << random() % 53));
    const double value = (i % 2 != 0 ? -digits : digits) / std::pow(10.0, static_cast<double>(random() % 9));
    const auto end = std::to_chars(expected.data(), expected.data() + expected.size(), value).ptr;
    ASSERT_EQ(written([&](JsonWriter& writer) { writer.number(value); }), std::string(expected.data(), end));
  }
}

TEST(JsonWriter, writes_null_for_what_is_not_a_number) {
  for (const double value : {std::nan(""), -std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_EQ(written([&](JsonWriter& writer) { writer.number(value); }), "null");
  }
}

TEST(JsonWriter, writes_null_for_empty_raw_json) {
  EXPECT_EQ(written([](JsonWriter& writer) { writer.raw(""); }), "null");
}

void nest(JsonWriter& writer, std::size_t depth) {
  for (std::size_t i = 0; i < depth; ++i) {
    if (i % 2 == 0)
      writer.begin_array();
    else
      writer.begin_object(), writer.literal_key("k");
  }
  writer.string("core");
  for (std::size_t i = depth; i-- > 0;) i % 2 == 0 ? writer.end_array() : writer.end_object();
}

TEST(JsonWriter, writes_containers_down_to_the_cap) {
  const std::string json = written([](JsonWriter& writer) { nest(writer, JsonWriter::max_depth); });
  EXPECT_TRUE(is_valid_json(json, 64)) << json;
  EXPECT_NE(json.find("core"), std::string::npos);
}

TEST(JsonWriter, writes_null_for_what_lies_deeper_and_goes_on_behind_it) {
  for (const std::size_t depth : {65U, 66U, 1000U, 100'000U}) {
    const std::string json = written([&](JsonWriter& writer) {
      writer.begin_array();
      nest(writer, depth - 1);
      writer.string("after");
      writer.end_array();
    });
    const auto parsed = nlohmann::json::parse(json, nullptr, false);
    ASSERT_TRUE(parsed.is_array()) << json;
    EXPECT_EQ(json.find("core"), std::string::npos);
    EXPECT_NE(json.find("null"), std::string::npos);
    EXPECT_EQ(parsed.back(), "after");
  }
}

TEST(JsonWriter, swallows_every_kind_of_item_below_the_cap) {
  const std::string json = written([](JsonWriter& writer) {
    for (std::size_t i = 0; i < JsonWriter::max_depth; ++i) writer.begin_array();
    writer.begin_object();
    writer.literal_key("a"), writer.string("x");
    writer.key("b"), writer.plain_string("x");
    writer.key("c"), writer.integer(1);
    writer.key("d"), writer.number(1.5);
    writer.key("e"), writer.boolean(true);
    writer.key("f"), writer.null();
    writer.key("g"), writer.raw("{}");
    writer.end_object();
    writer.integer(7);
    for (std::size_t i = 0; i < JsonWriter::max_depth; ++i) writer.end_array();
  });
  EXPECT_EQ(json, std::string(64, '[') + "null,7" + std::string(64, ']'));
}

TEST(JsonWriter, ignores_an_end_without_a_beginning) {
  EXPECT_EQ(written([](JsonWriter& writer) {
              writer.end_object();
              writer.begin_array();
              writer.end_array();
              writer.end_array();
            }),
            "[]");
}

TEST(JsonWriter, survives_a_buffer_that_failed) {
  ByteBuffer buffer;
  ASSERT_FALSE(buffer.reserve(SIZE_MAX));
  JsonWriter writer{buffer};
  writer.begin_object();
  writer.key("key");
  writer.string(std::string(10'000, '\n'));
  nest(writer, 100);
  writer.number(1.5);
  writer.end_object();
  EXPECT_TRUE(writer.balanced());
  EXPECT_TRUE(buffer.failed());
  EXPECT_EQ(buffer.view(), "");
}

TEST(JsonString, uses_the_short_escapes_and_leaves_the_rest_alone) {
  EXPECT_EQ(json_string("\n\r\t\b\f\"\\/"), R"("\n\r\t\b\f\"\\/")");
  EXPECT_EQ(json_string(std::string_view{"\0\x01\x1F\x7F", 4}), "\"\\u0000\\u0001\\u001f\x7F\"");
  EXPECT_EQ(json_string(""), "\"\"");
  EXPECT_EQ(json_string({}), "\"\"");
}

TEST(JsonString, replaces_each_maximal_invalid_subsequence) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(json_string("a\xFFz"), "\"a" + bad + "z\"");
  EXPECT_EQ(json_string("\xC0\xAF"), '"' + bad + bad + '"');                      // overlong
  EXPECT_EQ(json_string("\xED\xA0\x80"), '"' + bad + bad + bad + '"');            // surrogate
  EXPECT_EQ(json_string("\xF4\x90\x80\x80"), '"' + bad + bad + bad + bad + '"');  // too large
  EXPECT_EQ(json_string("\xE2\x82"), '"' + bad + '"');                            // truncated
  EXPECT_EQ(json_string("\xF0\x9F\x98\""), '"' + bad + "\\\"\"");
}

TEST(JsonString, keeps_sequences_that_lie_across_a_block) {
  for (std::size_t before = 0; before < 140; ++before) {
    for (const std::string sequence :
         {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF0\x9F\x98", "\xED\xA0\x80", "\xE2"}) {
      check_string(std::string(before, 'a') + sequence);
      check_string(std::string(before, 'a') + sequence + std::string(40, 'b'));
      check_string(std::string(before, 'a') + sequence + sequence + "\n");
    }
  }
}

TEST(JsonString, keeps_sequences_that_lie_across_a_slice) {
  for (std::size_t before = 2040; before < 2056; ++before) {
    for (const std::string sequence :
         {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF0\x9F\x98", "\x01"}) {
      check_string(std::string(before, 'a') + sequence + std::string(3000, 'b'));
      check_string(std::string(before, 'a') + sequence);
    }
  }
}

TEST(JsonString, has_room_for_the_worst_of_every_size) {
  for (const std::size_t size : {1U, 2U, 15U, 2047U, 2048U, 2049U, 4096U, 10'000U, 100'000U}) {
    EXPECT_EQ(json_string(std::string(size, '\x01')).size(), size * 6 + 2);
    EXPECT_EQ(json_string(std::string(size, '\xFF')).size(), size * 3 + 2);
    EXPECT_EQ(json_string(std::string(size, 'a')).size(), size + 2);
  }
}

TEST(JsonString, agrees_on_random_bytes) {
  std::mt19937 random{19};
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 150, ' ');
    for (char& byte : text) byte = static_cast<char>(random());
    ASSERT_NO_FATAL_FAILURE(check_string(text));
  }
}

TEST(JsonString, agrees_on_random_pieces) {
  const std::string pieces[] = {"plain text of some length",
                                "\"",
                                "\\",
                                "\n",
                                std::string(1, '\0'),
                                "\xC3\xA4",
                                "\xE2\x82\xAC",
                                "\xF0\x9F\x98\x80",
                                "\xF0\x9F",
                                "\xED\xA0\x80",
                                "\x80",
                                "\xFF",
                                "a",
                                "{\"key\": 1}"};
  std::mt19937 random{23};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t n = random() % 30; n > 0; --n) text += pieces[random() % std::size(pieces)];
    ASSERT_NO_FATAL_FAILURE(check_string(text));
  }
}

}  // namespace
}  // namespace llmtrace::core
