#include "support/store_items.hpp"

#include <gtest/gtest.h>

namespace llmtrace::testing_store {
namespace {

StoredTrace listed(const Store& store) {
  const auto page = store.traces({.project = "demo"}, soon());
  EXPECT_EQ(page.value.traces.size(), 1U) << page.error;
  return page.value.traces.empty() ? StoredTrace{} : page.value.traces[0];
}

SpanUpdate& ended_span(Items& items, std::uint64_t number, std::int64_t start, std::int64_t end) {
  auto& span = items.span(1, number);
  span.start_time = new_year + start;
  span.end_time = new_year + end;
  span.status = Status::ok;
  return span;
}

TEST(PartialTrace, is_shown_before_its_header) {
  auto store = open_store(in_memory());
  Items items;
  auto& root = ended_span(items, 1, 0, 5 * second);
  root.name = "root";
  root.input_data = "\"hello\"";
  ended_span(items, 2, second, 2 * second).parent_span_id = span_id(1);
  store_items(*store, items);
  const StoredTrace trace = listed(*store);
  EXPECT_FALSE(trace.has_header);
  EXPECT_EQ(trace.name, "root");
  EXPECT_EQ(trace.input_preview, "hello");
  EXPECT_EQ(trace.start_time, new_year);
  EXPECT_EQ(trace.duration, 5 * second);
  EXPECT_EQ(trace.status, Status::ok);
}

TEST(PartialTrace, runs_while_a_span_of_it_does) {
  auto store = open_store(in_memory());
  Items items;
  ended_span(items, 1, 0, second);
  items.span(1, 2).start_time = new_year + second;
  store_items(*store, items);
  EXPECT_EQ(listed(*store).status, Status::running);
  EXPECT_FALSE(listed(*store).end_time.has_value());
  EXPECT_EQ(listed(*store).totals.open_count, 1);

  Items end;
  ended_span(end, 2, second, 9 * second).revision = 1;
  store_items(*store, end);
  EXPECT_EQ(listed(*store).status, Status::ok);
  EXPECT_EQ(listed(*store).duration, 9 * second);
}

TEST(PartialTrace, has_the_status_of_its_root) {
  auto store = open_store(in_memory());
  Items child;
  auto& failed = ended_span(child, 2, second, 2 * second);
  failed.parent_span_id = span_id(1);
  failed.error = "no answer";
  store_items(*store, child);
  EXPECT_EQ(listed(*store).status, Status::error);

  Items root;
  ended_span(root, 1, 0, 3 * second);
  store_items(*store, root);
  EXPECT_EQ(listed(*store).status, Status::ok);
  EXPECT_EQ(listed(*store).totals.error_count, 1);
}

TEST(PartialTrace, gives_way_to_its_header) {
  auto store = open_store(in_memory());
  Items spans;
  ended_span(spans, 1, 0, second).name = "root";
  store_items(*store, spans);
  Items header;
  auto& trace = header.trace(1);
  trace.name = "chat";
  trace.start_time = new_year - second;
  trace.status = Status::running;
  store_items(*store, header);
  EXPECT_EQ(listed(*store).name, "chat");
  EXPECT_EQ(listed(*store).status, Status::running);
  EXPECT_EQ(listed(*store).start_time, new_year - second);
  EXPECT_FALSE(listed(*store).end_time.has_value());
  EXPECT_TRUE(listed(*store).has_header);
}

TEST(PartialTrace, of_late_metadata_only_is_no_header_yet) {
  auto store = open_store(in_memory());
  Items late;
  late.trace(1).metadata = "{}";
  ended_span(late, 1, 0, second);
  store_items(*store, late);
  EXPECT_FALSE(listed(*store).has_header);
  EXPECT_EQ(listed(*store).status, Status::ok);
}

TEST(PartialTrace, without_an_end_is_complete_when_its_length_is_known) {
  auto store = open_store(in_memory());
  Items items;
  auto& span = items.span(1, 1);
  span.start_time = new_year;
  span.duration = 4 * second;
  store_items(*store, items);
  EXPECT_EQ(spans_of(*store, 1)[0].end_time, new_year + 4 * second);
  EXPECT_EQ(listed(*store).status, Status::ok);
}

TEST(TraceTotals, leave_out_what_is_unknown) {
  auto store = open_store(in_memory());
  Items items;
  ended_span(items, 1, 0, second);
  store_items(*store, items);
  EXPECT_FALSE(listed(*store).totals.tokens_input.has_value());
  EXPECT_FALSE(listed(*store).totals.cost.has_value());

  Items more;
  ended_span(more, 2, 0, second).tokens_input = 0;
  ended_span(more, 3, 0, second).cost = 3;
  ended_span(more, 4, 0, second).cost = 4;
  store_items(*store, more);
  EXPECT_EQ(listed(*store).totals.tokens_input, 0);
  EXPECT_FALSE(listed(*store).totals.tokens_output.has_value());
  EXPECT_EQ(listed(*store).totals.cost, 7);
}

TEST(TraceTotals, of_money_are_exact) {
  auto store = open_store(in_memory());
  Items items;
  for (std::uint64_t i = 1; i <= 1000; ++i) ended_span(items, i, 0, second).cost = nanodollars_from(0.1);
  store_items(*store, items);
  EXPECT_EQ(listed(*store).totals.cost, std::int64_t{100} * 1'000'000'000);
}

TEST(TraceTotals, count_the_first_token_from_the_start_of_the_trace) {
  auto store = open_store(in_memory());
  Items items;
  auto& late = ended_span(items, 1, 5 * second, 9 * second);
  late.time_to_first_token = second / 2;
  auto& early = ended_span(items, 2, 2 * second, 9 * second);
  early.time_to_first_token = second;
  items.trace(1).start_time = new_year;
  store_items(*store, items);
  EXPECT_EQ(listed(*store).totals.time_to_first_token, 3 * second);

  // What was first is taken back.
  Items correction;
  auto& corrected = correction.span(1, 2);
  corrected.time_to_first_token = 6 * second;
  corrected.revision = 1;
  store_items(*store, correction);
  EXPECT_EQ(listed(*store).totals.time_to_first_token, 5 * second + second / 2);
}

}  // namespace
}  // namespace llmtrace::testing_store
