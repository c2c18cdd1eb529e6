#include "core/hex.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

namespace llmtrace::core {
namespace {

std::string encode(const std::string& bytes) {
  std::string text(bytes.size() * 2, '?');
  const char* end =
      encode_hex(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), text.data());
  EXPECT_EQ(end, text.data() + text.size());
  return text;
}

bool decodes(std::string_view text, HexCase accepted = HexCase::lower) {
  std::array<std::uint8_t, 64> bytes{};
  return decode_hex(text, bytes.data(), accepted);
}

TEST(Hex, encodes_every_byte_in_lower_case) {
  for (unsigned value = 0; value < 256; ++value) {
    char expected[3];
    std::snprintf(expected, sizeof expected, "%02x", value);
    EXPECT_EQ(encode(std::string(1, static_cast<char>(value))), expected);
  }
}

TEST(Hex, decodes_what_it_encoded) {
  std::string bytes;
  for (int value = 0; value < 256; ++value) bytes += static_cast<char>(value);
  const std::string text = encode(bytes);
  std::array<std::uint8_t, 256> decoded{};
  ASSERT_TRUE(decode_hex(text, decoded.data()));
  for (std::size_t i = 0; i < decoded.size(); ++i) EXPECT_EQ(decoded[i], i);
}

TEST(Hex, takes_nothing_for_nothing) {
  EXPECT_EQ(encode(""), "");
  EXPECT_TRUE(decodes(""));
}

TEST(Hex, accepts_upper_case_only_when_asked) {
  EXPECT_TRUE(decodes("00ff"));
  EXPECT_FALSE(decodes("00FF"));
  EXPECT_FALSE(decodes("0A"));
  EXPECT_FALSE(decodes("A0"));
  EXPECT_TRUE(decodes("00FFaB", HexCase::any));
  std::array<std::uint8_t, 6> decoded{};
  ASSERT_TRUE(decode_hex("ABCDEFabcdef", decoded.data(), HexCase::any));
  EXPECT_EQ(decoded, (std::array<std::uint8_t, 6>{0xAB, 0xCD, 0xEF, 0xAB, 0xCD, 0xEF}));
}

TEST(Hex, refuses_an_odd_length) {
  EXPECT_FALSE(decodes("0"));
  EXPECT_FALSE(decodes("abc"));
}

TEST(Hex, refuses_every_other_character_in_both_places) {
  for (int value = 0; value < 256; ++value) {
    const char byte = static_cast<char>(value);
    const bool lower = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
    const bool any = lower || (byte >= 'A' && byte <= 'F');
    for (const std::string& text : {std::string{byte, '0'}, std::string{'0', byte}}) {
      EXPECT_EQ(decodes(text), lower) << value;
      EXPECT_EQ(decodes(text, HexCase::any), any) << value;
    }
  }
}

}  // namespace
}  // namespace llmtrace::core
