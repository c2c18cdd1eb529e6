#include "export/retry_after.hpp"

#include "net/http_date.hpp"

#include <gtest/gtest.h>

namespace llmtrace::exporting {
namespace {

using namespace std::chrono_literals;
using net::parse_http_date;

constexpr std::chrono::milliseconds limit = 30s;
const auto now = *parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");

auto parse(std::string_view text) { return parse_retry_after(text, now, limit); }

TEST(RetryAfter, reads_seconds) {
  EXPECT_EQ(parse("7"), 7s);
  EXPECT_EQ(parse(" 7\t"), 7s);
  EXPECT_EQ(parse("0"), 0s);
  EXPECT_EQ(parse("30"), 30s);
}

TEST(RetryAfter, clamps_to_the_maximum) {
  for (const auto* text :
       {"31", "86400", "9223372036854775807", "9223372036854775808", "99999999999999999999999999"}) {
    EXPECT_EQ(parse(text), limit) << text;
  }
}

TEST(RetryAfter, clamps_a_negative_value) {
  for (const auto* text : {"-1", "-9223372036854775808", "-99999999999999999999999999"}) {
    EXPECT_EQ(parse(text), 0s) << text;
  }
}

TEST(RetryAfter, ignores_what_is_neither_a_number_nor_a_date) {
  for (const auto* text :
       {"", " ", "NaN", "inf", "soon", "1.5", "1e3", "0x10", "+5", "5s", "-", "Sun, 06 Nov",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 CET"}) {
    EXPECT_EQ(parse(text), std::nullopt) << text;
  }
}

TEST(RetryAfter, reads_the_three_date_forms_of_http) {
  EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:47 GMT"), 10s);
  EXPECT_EQ(parse("Sunday, 06-Nov-94 08:49:47 GMT"), 10s);
  EXPECT_EQ(parse("Sun Nov  6 08:49:47 1994"), 10s);
}

TEST(RetryAfter, takes_a_date_in_the_past_as_now) {
  EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:36 GMT"), 0s);
  EXPECT_EQ(parse("Sun, 06 Nov 0001 08:49:36 GMT"), 0s);
}

TEST(RetryAfter, clamps_a_far_date) {
  EXPECT_EQ(parse("Sun, 06 Nov 1995 08:49:37 GMT"), limit);
  EXPECT_EQ(parse("Fri, 31 Dec 9999 23:59:59 GMT"), limit);
}

TEST(RetryAfter, survives_limits_that_make_no_sense) {
  EXPECT_EQ(parse_retry_after("5", now, -1s), 0s);
  EXPECT_EQ(parse_retry_after("5", now, 0s), 0s);
  EXPECT_EQ(parse_retry_after("9223372036854775807", now, std::chrono::milliseconds::max()),
            std::chrono::milliseconds::max());
}

TEST(HttpDate, counts_from_the_epoch) {
  const auto date = parse_http_date("Fri, 13 Feb 2009 23:31:30 GMT");
  ASSERT_TRUE(date);
  EXPECT_EQ(date->time_since_epoch(), 1234567890s);
}

TEST(HttpDate, knows_the_century_of_two_digits) {
  EXPECT_EQ(parse_http_date("Friday, 13-Feb-09 23:31:30 GMT")->time_since_epoch(), 1234567890s);
  EXPECT_LT(*parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"),
            *parse_http_date("Friday, 13-Feb-09 23:31:30 GMT"));
}

}  // namespace
}  // namespace llmtrace::exporting
