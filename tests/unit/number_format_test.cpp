#include "core/number_format.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace llmtrace::core {
namespace {

std::string format(std::int64_t nanoseconds) {
  char text[longest_milliseconds];
  return {text, format_milliseconds(nanoseconds, text)};
}

TEST(Milliseconds, are_written_without_a_superfluous_digit) {
  EXPECT_EQ(format(0), "0");
  EXPECT_EQ(format(1), "0.000001");
  EXPECT_EQ(format(10), "0.00001");
  EXPECT_EQ(format(100'000), "0.1");
  EXPECT_EQ(format(999'999), "0.999999");
  EXPECT_EQ(format(1'000'000), "1");
  EXPECT_EQ(format(1'500'000), "1.5");
  EXPECT_EQ(format(1'000'001), "1.000001");
  EXPECT_EQ(format(123'456'789'000), "123456.789");
}

TEST(Milliseconds, keep_the_sign) {
  EXPECT_EQ(format(-1), "-0.000001");
  EXPECT_EQ(format(-1'500'000), "-1.5");
}

TEST(Milliseconds, reach_the_ends_of_the_range) {
  EXPECT_EQ(format(std::numeric_limits<std::int64_t>::max()), "9223372036854.775807");
  EXPECT_EQ(format(std::numeric_limits<std::int64_t>::min()), "-9223372036854.775808");
  EXPECT_EQ(format(std::numeric_limits<std::int64_t>::min()).size(), longest_milliseconds);
}

// Puts the decimal point back by hand.
std::int64_t parse(const std::string& text) {
  const std::size_t point = text.find('.');
  std::string digits = text.substr(0, point);
  std::string fraction = point == std::string::npos ? "" : text.substr(point + 1);
  fraction.resize(6, '0');
  return std::stoll(digits + fraction);
}

TEST(Milliseconds, are_exact) {
  std::mt19937_64 random{11};
  for (int i = 0; i < 50'000; ++i) {
    const auto value = static_cast<std::int64_t>(random() >> (random() % 63));
    ASSERT_EQ(parse(format(value)), value);
  }
}

}  // namespace
}  // namespace llmtrace::core
