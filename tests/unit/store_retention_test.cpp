#include "support/store_items.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace llmtrace::testing_store {
namespace {

using ::testing::IsEmpty;

// A clock that the test sets.
struct Clock {
  std::shared_ptr<std::atomic<UnixTime>> time = std::make_shared<std::atomic<UnixTime>>(new_year);
  [[nodiscard]] std::function<UnixTime()> now() const {
    return [time = time] { return time->load(); };
  }
  void pass(std::int64_t nanoseconds) const { *time += nanoseconds; }
};

Items one_trace(std::uint64_t number, std::size_t bytes = 10) {
  Items items;
  auto& trace = items.trace(number);
  trace.name = "chat";
  trace.session_id = "s";
  trace.start_time = new_year + static_cast<std::int64_t>(number);
  auto& span = items.span(number, number);
  span.start_time = new_year;
  span.end_time = new_year + second;
  span.model = "gpt-4o";
  span.tokens_input = 5;
  span.input_data = items.keep("\"needle " + std::string(bytes, 'x') + "\"");
  return items;
}

void expect_empty(const Store& store) {
  EXPECT_THAT(store.traces({.project = "demo"}, soon()).value.traces, IsEmpty());
  EXPECT_EQ(store.trace("demo", trace_id(1), soon()).outcome, ReadOutcome::not_found);
  EXPECT_EQ(store.span("demo", trace_id(1), span_id(1), soon()).outcome, ReadOutcome::not_found);
  EXPECT_THAT(spans_of(store, 1), IsEmpty());
  EXPECT_THAT(store.sessions({.project = "demo"}, soon()).value.sessions, IsEmpty());
  EXPECT_THAT(store.facets({.project = "demo", .field = TextField::model}, soon()).value, IsEmpty());
  for (const SeriesGroup group : {SeriesGroup::none, SeriesGroup::model})
    EXPECT_THAT(
        store.series({.project = "demo", .group = group, .from = new_year, .to = new_year + hour}, soon())
            .value.lines,
        IsEmpty());
  const auto totals = store.totals("demo", soon()).value;
  EXPECT_EQ(totals.traces, 0);
  EXPECT_EQ(totals.spans, 0);
  EXPECT_EQ(totals.tokens_input, 0);
  Filter search;
  search.node = FullTextCondition{"needle", false};
  EXPECT_THAT(store.traces({.project = "demo", .filter = search}, soon()).value.traces, IsEmpty());
  for (const ProjectRow& project : store.projects(soon()).value) EXPECT_EQ(project.totals.traces, 0);
}

void wait_until_deleted(const Store& store, std::uint64_t traces) {
  const auto deadline = soon();
  while (store.status().deleted_traces < traces && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  ASSERT_EQ(store.status().deleted_traces, traces);
}

TEST(StoreRetention, hides_at_once_and_deletes_soon) {
  const Clock clock;
  SqliteOptions options = in_memory();
  options.now = clock.now();
  auto store = open_store(options);
  for (std::uint64_t i = 1; i <= 250; ++i) store_items(*store, one_trace(i));
  clock.pass(90 * day);
  EXPECT_EQ(store->totals("demo", soon()).value.traces, 250);
  clock.pass(1);
  expect_empty(*store);  // most likely before anything has been deleted
  wait_until_deleted(*store, 250);
  expect_empty(*store);
  EXPECT_FALSE(store->status().oldest_received.has_value());
}

TEST(StoreRetention, counts_only_what_is_visible) {
  const Clock clock;
  SqliteOptions options = in_memory();
  options.now = clock.now();
  auto store = open_store(options);
  for (std::uint64_t i = 1; i <= 300; ++i) store_items(*store, one_trace(i));
  clock.pass(day);
  store_items(*store, one_trace(301));
  clock.pass(90 * day - 1);
  EXPECT_EQ(store->totals("demo", soon()).value.traces, 1);
  EXPECT_EQ(store->facets({.project = "demo", .field = TextField::model}, soon()).value.at(0).traces, 1);
  EXPECT_EQ(store->sessions({.project = "demo"}, soon()).value.sessions.at(0).trace_count, 1);
  const auto series = store->series({.project = "demo", .from = new_year, .to = new_year + hour}, soon());
  EXPECT_EQ(series.value.lines.at(0).total.count, 1);
  wait_until_deleted(*store, 300);
  EXPECT_EQ(store->totals("demo", soon()).value.spans, 1);
  EXPECT_EQ(store->facets({.project = "demo", .field = TextField::model}, soon()).value.at(0).traces, 1);
}

TEST(StoreRetention, keeps_for_ever_when_told) {
  const Clock clock;
  SqliteOptions options = in_memory();
  options.now = clock.now();
  options.retention_days = 0;
  auto store = open_store(options);
  store_items(*store, one_trace(1));
  clock.pass(100 * 365 * day);
  EXPECT_EQ(store->traces({.project = "demo"}, soon()).value.traces.size(), 1U);
}

TEST(StoreRetention, counts_from_the_arrival_and_not_from_the_start) {
  auto store = open_store(in_memory());
  Items items;
  items.trace(1).start_time = new_year - 3000 * day;
  store_items(*store, items);
  EXPECT_EQ(store->traces({.project = "demo"}, soon()).value.traces.size(), 1U);
}

TEST(StoreRetention, begins_a_trace_anew_that_comes_back) {
  const Clock clock;
  SqliteOptions options = in_memory();
  options.now = clock.now();
  auto store = open_store(options);
  store_items(*store, one_trace(1));
  clock.pass(91 * day);
  Items again;
  again.span(1, 2).name = "later";
  store_items(*store, again);
  const auto spans = spans_of(*store, 1);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].name, "later");
  EXPECT_EQ(store->totals("demo", soon()).value.spans, 1);
}

TEST(StoreRetention, makes_room_by_deleting_the_oldest) {
  SqliteOptions options = in_memory();
  options.max_bytes = 4 << 20;
  auto store = open_store(options);
  constexpr std::uint64_t count = 300;
  for (std::uint64_t i = 1; i <= count; ++i)
    ASSERT_EQ(store_items(*store, one_trace(i, 30'000)).outcome, WriteOutcome::committed);
  const auto deadline = soon();
  const auto too_large = [&] {
    const StoreStatus status = store->status();
    return status.deleted_traces == 0 || status.database_bytes > options.max_bytes;
  };
  while (too_large() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_LE(store->status().database_bytes, options.max_bytes);
  EXPECT_TRUE(store->trace("demo", trace_id(count), soon()));
  EXPECT_EQ(store->trace("demo", trace_id(1), soon()).outcome, ReadOutcome::not_found);
  EXPECT_GT(store->totals("demo", soon()).value.traces, 50);
}

}  // namespace
}  // namespace llmtrace::testing_store
