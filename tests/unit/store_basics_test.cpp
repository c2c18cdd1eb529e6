#include "support/store_items.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace llmtrace::testing_store {
namespace {

TEST(Store, gives_back_a_trace_with_its_spans) {
  auto store = open_store(in_memory());
  Items items;
  auto& trace = items.trace(1);
  trace.name = "chat-request";
  trace.start_time = new_year;
  trace.end_time = new_year + 2 * second;
  trace.status = Status::ok;
  trace.user_id = "u1";
  trace.tags = std::vector<std::string_view>{"prod", "eu"};
  trace.input = "\"Where is my parcel?\"";
  trace.metadata = R"({"plan":"pro"})";
  auto& span = items.span(1, 1);
  span.name = "answer";
  span.span_type = SpanType::llm;
  span.start_time = new_year;
  span.end_time = new_year + second;
  span.model = "gpt-4o";
  span.tokens_input = 120;
  span.tokens_output = 48;
  span.cost = 780'000;
  span.input_data = R"({"messages":[]})";
  const Applied applied = store_items(*store, items);
  ASSERT_EQ(applied.outcome, WriteOutcome::committed) << applied.error;
  EXPECT_THAT(applied.spans, ::testing::ElementsAre(ItemOutcome::stored));

  const auto page = store->traces({.project = "demo"}, soon());
  ASSERT_EQ(page.outcome, ReadOutcome::ok) << page.error;
  ASSERT_EQ(page.value.traces.size(), 1U);
  const StoredTrace& listed = page.value.traces[0];
  EXPECT_EQ(listed.name, "chat-request");
  EXPECT_EQ(listed.status, Status::ok);
  EXPECT_EQ(listed.duration, 2 * second);
  EXPECT_EQ(listed.totals.span_count, 1);
  EXPECT_EQ(listed.totals.tokens_input, 120);
  EXPECT_EQ(listed.totals.cost, 780'000);
  EXPECT_EQ(listed.input_preview, "Where is my parcel?");
  EXPECT_THAT(*listed.tags, ::testing::ElementsAre("prod", "eu"));

  const auto whole = store->trace("demo", trace_id(1), soon());
  ASSERT_TRUE(whole) << whole.error;
  EXPECT_EQ(whole.value.metadata, R"({"plan":"pro"})");
  const auto spans = spans_of(*store, 1);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].model, "gpt-4o");
  EXPECT_EQ(spans[0].input_data, R"({"messages":[]})");
  EXPECT_EQ(spans[0].status, Status::ok);
  const auto totals = store->totals("demo", soon());
  EXPECT_EQ(totals.value.traces, 1);
  EXPECT_EQ(totals.value.spans, 1);
  EXPECT_EQ(totals.value.tokens_input + totals.value.tokens_output, 168);
}

TEST(Store, keeps_everything_over_a_restart) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() / "traces.db";
  {
    auto store = open_store(in_file(file));
    Items items;
    items.trace(1).name = "first";
    items.span(1, 1).name = "step";
    ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
  }
  auto store = open_store(in_file(file));
  EXPECT_EQ(store->sequence(), 1U);
  const auto trace = store->trace("demo", trace_id(1), soon());
  ASSERT_TRUE(trace) << trace.error;
  EXPECT_EQ(trace.value.name, "first");
  EXPECT_EQ(spans_of(*store, 1).size(), 1U);
}

}  // namespace
}  // namespace llmtrace::testing_store
