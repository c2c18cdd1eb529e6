#include "core/time_format.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <limits>
#include <random>
#include <string>

namespace llmtrace::core {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t earliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();

std::string format(std::int64_t nanoseconds) {
  std::string text(rfc3339_size + 1, '#');
  const char* end = format_rfc3339(nanoseconds, text.data());
  EXPECT_EQ(end, text.data() + rfc3339_size);
  EXPECT_EQ(text.back(), '#');
  text.pop_back();
  return text;
}

// The same by the C library, whose calendar is not ours.
std::string format_by_library(std::int64_t nanoseconds) {
  const std::int64_t fraction = (nanoseconds % second + second) % second;
  const std::time_t seconds = nanoseconds / second - (nanoseconds % second < 0 ? 1 : 0);
  std::tm calendar{};
  gmtime_r(&seconds, &calendar);
  char text[64];
  std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &calendar);
  std::snprintf(text + size, sizeof text - size, ".%09dZ", static_cast<int>(fraction));
  return text;
}

TEST(TimeFormat, writes_known_times) {
  EXPECT_EQ(format(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(format(1'795'231'551'123'456'789), "2026-11-21T03:25:51.123456789Z");
  EXPECT_EQ(format(951'782'400 * second), "2000-02-29T00:00:00.000000000Z");
  EXPECT_EQ(format(4'107'542'400 * second), "2100-03-01T00:00:00.000000000Z");
  EXPECT_EQ(format(latest), "2262-04-11T23:47:16.854775807Z");
}

TEST(TimeFormat, writes_times_before_1970) {
  EXPECT_EQ(format(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(format(-second), "1969-12-31T23:59:59.000000000Z");
  EXPECT_EQ(format(-86'400 * second), "1969-12-31T00:00:00.000000000Z");
  EXPECT_EQ(format(earliest), "1677-09-21T00:12:43.145224192Z");
}

TEST(TimeFormat, agrees_with_the_library_on_every_day) {
  constexpr std::int64_t day = 86'400 * second;
  for (std::int64_t time = earliest; time < latest - day; time += day) {
    ASSERT_EQ(format(time), format_by_library(time));
  }
}

TEST(TimeFormat, agrees_with_the_library_at_random_times) {
  std::mt19937_64 random{7};
  for (int i = 0; i < 20'000; ++i) {
    const auto time = static_cast<std::int64_t>(random());
    ASSERT_EQ(format(time), format_by_library(time));
    ASSERT_EQ(parse_rfc3339(format(time)), time);
  }
}

TEST(TimeParse, reads_the_ends_of_the_range) {
  EXPECT_EQ(parse_rfc3339("1677-09-21T00:12:43.145224192Z"), earliest);
  EXPECT_EQ(parse_rfc3339("1677-09-21T00:12:43.145224191Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("2262-04-11T23:47:16.854775807Z"), latest);
  EXPECT_EQ(parse_rfc3339("2262-04-11T23:47:16.854775808Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:59Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("0000-01-01T00:00:00Z"), std::nullopt);
}

TEST(TimeParse, reads_zero_to_nine_digits_of_fraction) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01Z"), second);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.5Z"), second * 3 / 2);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.000001Z"), 1000);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.000000001Z"), 1);
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.999999999Z"), -1);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.0000000001Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.Z"), std::nullopt);
}

TEST(TimeParse, reads_offsets) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T02:00:00+02:00"), 0);
  EXPECT_EQ(parse_rfc3339("1969-12-31T18:30:00.25-05:30"), second / 4);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00-00:00"), 0);
  EXPECT_EQ(parse_rfc3339("1970-01-01T23:59:00+23:59"), 0);
  EXPECT_EQ(parse_rfc3339("1970-01-01t00:00:00z"), 0);
  // out of range as written, in range in UTC, and the reverse
  EXPECT_EQ(parse_rfc3339("2262-04-12T01:47:16.854775807+02:00"), latest);
  EXPECT_EQ(parse_rfc3339("2262-04-11T23:47:16-02:00"), std::nullopt);
}

TEST(TimeParse, knows_which_days_exist) {
  EXPECT_TRUE(parse_rfc3339("2024-02-29T00:00:00Z"));
  EXPECT_TRUE(parse_rfc3339("2000-02-29T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2023-02-29T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2100-02-29T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2024-04-31T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2024-01-32T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2024-01-00T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2024-00-01T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2024-13-01T00:00:00Z"));
}

TEST(TimeParse, refuses_nonsense) {
  for (const char* text : {"",
                           "Z",
                           "2024",
                           "2024-01-01",
                           "2024-01-01T00:00Z",
                           "2024-01-01T00:00:00",
                           "2024-01-01 00:00:00Z",
                           "2024-01-01T24:00:00Z",
                           "2024-01-01T00:60:00Z",
                           "2024-01-01T00:00:60Z",
                           "2024-01-01T00:00:00+24:00",
                           "2024-01-01T00:00:00+00:60",
                           "2024-01-01T00:00:00+0000",
                           "2024-01-01T00:00:00+00",
                           "2024-01-01T00:00:00ZZ",
                           "2024-01-01T00:00:00Z ",
                           " 2024-01-01T00:00:00Z",
                           "+2024-01-01T00:00:00Z",
                           "-024-01-01T00:00:00Z",
                           "20240101T000000Z",
                           "2024-1-1T00:00:00Z",
                           "2024-01-01T00:00:00,5Z",
                           "2024-01-01T0x:00:00Z",
                           "2024/01/01T00:00:00Z",
                           "NaN",
                           "1795231551"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(TimeParse, refuses_every_truncation) {
  const std::string whole = "2024-01-01T00:00:00.123456789+02:00";
  ASSERT_TRUE(parse_rfc3339(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_rfc3339(std::string_view{whole}.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace llmtrace::core
