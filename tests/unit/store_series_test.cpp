#include "support/store_items.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace llmtrace::testing_store {
namespace {

Filter any_trace() {
  Filter filter;
  filter.node = NumberCondition{NumberField::spans, Comparison::at_least, 0};
  return filter;
}

std::string shown(const SeriesPoint& point) {
  const auto number = [](const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : "-";
  };
  return std::to_string(point.time) + " n" + std::to_string(point.count) + " e" +
         std::to_string(point.errors) + " p" + number(point.latency_p50) + "/" + number(point.latency_p95) +
         "/" + number(point.latency_p99) + " f" + number(point.first_token_p50) + "/" +
         number(point.first_token_p95) + " t" + std::to_string(point.tokens_input) + "/" +
         std::to_string(point.tokens_output) + " c" + std::to_string(point.cost);
}

std::vector<std::string> shown(const Series& series) {
  std::vector<std::string> lines;
  for (const SeriesLine& line : series.lines) {
    lines.push_back(line.group + (line.rest ? " (rest)" : "") + " total " + shown(line.total));
    for (const SeriesPoint& point : line.points) lines.push_back(shown(point));
  }
  return lines;
}

// The sums that are kept up to date against the same sums made from the rows.
void expect_sums_are_true(const Store& store) {
  for (const SeriesGroup group :
       {SeriesGroup::none, SeriesGroup::name, SeriesGroup::user, SeriesGroup::model})
    for (const std::int64_t step : {minute, 5 * minute, hour, 3 * hour, day, 2 * day}) {
      SeriesQuery query{
          .project = "demo", .group = group, .from = new_year - hour, .to = new_year + 5 * hour};
      query.step = step;
      query.top_groups = 3;
      const auto kept = store.series(query, soon());
      query.filter = any_trace();
      const auto made = store.series(query, soon());
      ASSERT_TRUE(kept && made) << kept.error << made.error;
      EXPECT_THAT(shown(kept.value), ::testing::ElementsAreArray(shown(made.value)));
      EXPECT_FALSE(kept.value.lines.empty());
    }
}

std::int64_t small(std::mt19937& random, std::uint32_t below) {
  return static_cast<std::int64_t>(random() % below);
}

void random_items(Items& items, std::mt19937& random) {
  const auto text = [&](const char* stem, unsigned count) {
    return items.keep(stem + std::to_string(random() % count));
  };
  const auto number = 1 + random() % 60;
  if (random() % 2) {
    auto& trace = items.trace(number);
    trace.revision = small(random, 3);
    if (random() % 2) trace.name = text("name", 5);
    if (random() % 2) trace.user_id = text("user", 5);
    if (random() % 2) trace.start_time = new_year + static_cast<std::int64_t>(random() % 200) * minute;
    if (random() % 3 == 0)
      trace.end_time = new_year + 4 * hour + static_cast<std::int64_t>(random() % 100) * second;
    if (random() % 8 == 0) trace.status = Status::error;
  }
  for (auto count = small(random, 3); count > 0; --count) {
    auto& span = items.span(number, number * 10 + random() % 4);
    span.revision = small(random, 3);
    span.start_time = new_year + static_cast<std::int64_t>(random() % 200) * minute;
    if (random() % 2)
      span.end_time = *span.start_time + static_cast<std::int64_t>(random() % 5000) * millisecond;
    if (random() % 2) span.model = text("model", 6);
    if (random() % 4 == 0) span.response_model = text("model", 6);
    if (random() % 2) span.tokens_input = small(random, 100);
    if (random() % 2) span.tokens_output = small(random, 100);
    if (random() % 2) span.cost = small(random, 100000);
    if (random() % 2) span.time_to_first_token = static_cast<std::int64_t>(random() % 900) * millisecond;
    if (random() % 6 == 0) span.error = "boom";
  }
}

TEST(StoreSeries, of_kept_sums_are_those_of_the_rows) {
  auto store = open_store(in_memory());
  std::mt19937 random{8};
  for (int round = 0; round < 400; ++round) {
    Items items;
    random_items(items, random);
    ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
    if (round % 100 == 99) expect_sums_are_true(*store);
  }
  const auto series =
      store->series({.project = "demo", .from = new_year - hour, .to = new_year + 50 * day}, soon());
  const auto totals = store->totals("demo", soon());
  EXPECT_EQ(series.value.lines[0].total.count, totals.value.traces);
  EXPECT_EQ(series.value.lines[0].total.tokens_input, totals.value.tokens_input);
  EXPECT_EQ(series.value.lines[0].total.cost, totals.value.cost);
}

TEST(StoreSeries, has_percentiles_within_two_percent) {
  auto store = open_store(in_memory());
  Items items;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    auto& trace = items.trace(i);
    trace.start_time = new_year + static_cast<std::int64_t>(i);
    trace.end_time = *trace.start_time + static_cast<std::int64_t>(i) * millisecond;
    trace.status = Status::ok;
  }
  ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
  const auto series = store->series({.project = "demo", .from = new_year, .to = new_year + minute}, soon());
  ASSERT_EQ(series.value.lines.size(), 1U);
  const SeriesPoint& point = series.value.lines[0].points.at(0);
  const auto near = [](std::optional<std::int64_t> value, std::int64_t expected) {
    return value && std::abs(*value - expected) <= expected / 49;
  };
  EXPECT_TRUE(near(point.latency_p50, 500 * millisecond)) << *point.latency_p50;
  EXPECT_TRUE(near(point.latency_p95, 950 * millisecond)) << *point.latency_p95;
  EXPECT_TRUE(near(point.latency_p99, 990 * millisecond)) << *point.latency_p99;
}

TEST(StoreSeries, sums_the_rest_of_the_groups) {
  auto store = open_store(in_memory());
  Items items;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    auto& trace = items.trace(i);
    trace.start_time = new_year;
    trace.name = i <= 10 ? "most" : i <= 15 ? "some" : items.keep("rare" + std::to_string(i));
  }
  ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
  const auto series = store->series({.project = "demo",
                                     .group = SeriesGroup::name,
                                     .from = new_year,
                                     .to = new_year + minute,
                                     .top_groups = 2},
                                    soon());
  ASSERT_EQ(series.value.lines.size(), 3U);
  EXPECT_EQ(series.value.lines[0].group, "most");
  EXPECT_EQ(series.value.lines[1].group, "some");
  EXPECT_TRUE(series.value.lines[2].rest);
  EXPECT_EQ(series.value.lines[2].total.count, 5);
}

TEST(StoreSeries, bounds_the_number_of_points) {
  auto store = open_store(in_memory());
  const auto series = store->series(
      {.project = "demo", .from = 0, .to = std::numeric_limits<std::int64_t>::max(), .step = -5}, soon());
  ASSERT_TRUE(series) << series.error;
  EXPECT_LE((series.value.to - series.value.from) / series.value.step, 2002);
}

}  // namespace
}  // namespace llmtrace::testing_store
