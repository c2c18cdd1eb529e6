#include "support/store_items.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>

namespace llmtrace::testing_store {
namespace {

std::string text_of(const std::optional<std::string>& text) { return text.value_or("-"); }
template <class T>
std::string number_of(const std::optional<T>& number) {
  return number ? std::to_string(static_cast<std::int64_t>(*number)) : "-";
}

// All that a client could see of a trace, but for when it arrived and in which commit.
std::string seen(const Store& store, std::uint64_t number) {
  const auto answer = store.trace("demo", trace_id(number), soon());
  const StoredTrace& trace = answer.value;
  std::string seen = text_of(trace.name) + "|" + number_of(trace.start_time) + "|" +
                     number_of(trace.end_time) + "|" + number_of(trace.duration) + "|" +
                     number_of(trace.status) + "|" + text_of(trace.metadata) + "|" + text_of(trace.input) +
                     "|" + text_of(trace.output) + "|" + text_of(trace.user_id) + "|" +
                     text_of(trace.input_preview) + "|" + std::to_string(trace.totals.span_count) + "|" +
                     std::to_string(trace.totals.error_count) + "|" +
                     std::to_string(trace.totals.open_count) + "|" + number_of(trace.totals.tokens_input) +
                     "|" + number_of(trace.totals.cost) + "|" + number_of(trace.totals.time_to_first_token);
  for (const std::string& tag : trace.tags.value_or(std::vector<std::string>{})) seen += "," + tag;
  for (const StoredSpan& span : spans_of(store, number))
    seen += "\n" + to_hex(span.span_id) + "|" + text_of(span.name) + "|" + number_of(span.start_time) + "|" +
            number_of(span.end_time) + "|" + number_of(span.duration) + "|" + number_of(span.status) + "|" +
            text_of(span.error) + "|" + text_of(span.model) + "|" + text_of(span.input_data) + "|" +
            text_of(span.output_data) + "|" + text_of(span.metadata) + "|" + number_of(span.tokens_input) +
            "|" + number_of(span.cost) + "|" + number_of(span.time_to_first_token) +
            (span.parent_span_id ? "|" + to_hex(*span.parent_span_id) : "");
  return seen;
}

using Step = std::function<void(Items&)>;

// Sends each step as a batch of its own, in every order, and expects one result.
void expect_one_state(const std::vector<Step>& steps, const std::function<void(const Store&)>& check) {
  std::vector<std::size_t> order(steps.size());
  std::iota(order.begin(), order.end(), 0U);
  std::string first;
  int orders = 0;
  do {
    auto store = open_store(in_memory());
    for (const std::size_t step : order) {
      Items items;
      steps[step](items);
      ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
    }
    const std::string state = seen(*store, 1);
    if (orders++ == 0) first = state;
    ASSERT_EQ(state, first) << "in order " << ::testing::PrintToString(order);
    check(*store);
  } while (std::next_permutation(order.begin(), order.end()));
}

void start_of_span(Items& items) {
  auto& span = items.span(1, 1);
  span.name = "answer";
  span.start_time = new_year;
  span.status = Status::running;
  span.input_data = R"({"question":"why"})";
}

void end_of_span(Items& items) {
  auto& span = items.span(1, 1);
  span.start_time = new_year;
  span.end_time = new_year + 3 * second;
  span.status = Status::ok;
  span.output_data = R"("because")";
  span.tokens_input = 7;
  span.revision = natural_revision(span);
}

void late_metadata_of_span(Items& items) { items.span(1, 1).metadata = R"({"score":1})"; }

TEST(StoreMerge, of_a_span_does_not_depend_on_the_order) {
  expect_one_state({start_of_span, end_of_span, end_of_span, late_metadata_of_span}, [](const Store& store) {
    const auto spans = spans_of(store, 1);
    ASSERT_EQ(spans.size(), 1U);
    EXPECT_EQ(spans[0].input_data, R"({"question":"why"})");
    EXPECT_EQ(spans[0].output_data, R"("because")");
    EXPECT_EQ(spans[0].metadata, R"({"score":1})");
    EXPECT_EQ(spans[0].status, Status::ok);
    EXPECT_EQ(spans[0].duration, 3 * second);
  });
}

TEST(StoreMerge, of_a_trace_does_not_depend_on_the_order) {
  const auto start = [](Items& items) {
    auto& trace = items.trace(1);
    trace.name = "chat";
    trace.start_time = new_year;
    trace.status = Status::running;
    trace.tags = std::vector<std::string_view>{"early"};
  };
  const auto end = [](Items& items) {
    auto& trace = items.trace(1);
    trace.name = "chat, renamed";
    trace.end_time = new_year + second;
    trace.status = Status::ok;
    trace.output = "\"done\"";
    trace.tags = std::vector<std::string_view>{"late", "prod"};
    trace.revision = natural_revision(trace);
  };
  const auto metadata = [](Items& items) { items.trace(1).metadata = R"({"plan":"pro"})"; };
  expect_one_state({start, end, end, metadata}, [](const Store& store) {
    const auto trace = store.trace("demo", trace_id(1), soon());
    EXPECT_EQ(trace.value.name, "chat, renamed");
    EXPECT_EQ(trace.value.metadata, R"({"plan":"pro"})");
    EXPECT_EQ(trace.value.status, Status::ok);
    EXPECT_THAT(*trace.value.tags, ::testing::ElementsAre("late", "prod"));
    EXPECT_EQ(store.facets({.project = "demo", .field = TextField::tag}, soon()).value.size(), 2U);
  });
}

TEST(StoreMerge, of_equal_revisions_still_has_one_result) {
  const auto say = [](const char* model, std::int64_t revision) {
    return [=](Items& items) {
      auto& span = items.span(1, 1);
      span.model = model;
      span.revision = revision;
    };
  };
  expect_one_state({say("a", 1), say("c", 1), say("b", 1), say("z", 0)}, [](const Store& store) {
    EXPECT_EQ(spans_of(store, 1)[0].model, "c");
    EXPECT_EQ(store.facets({.project = "demo", .field = TextField::model}, soon()).value.size(), 1U);
  });
}

// A revision of the whole row would let the third of these lose to the second, though only in some orders.
TEST(StoreMerge, keeps_a_revision_for_each_field) {
  const auto say = [](std::int64_t revision, const char* model, const char* provider) {
    return [=](Items& items) {
      auto& span = items.span(1, 1);
      if (*model != 0) span.model = model;
      if (*provider != 0) span.provider = provider;
      span.revision = revision;
    };
  };
  expect_one_state({say(1, "old", ""), say(3, "", "openai"), say(2, "new", "azure")}, [](const Store& store) {
    EXPECT_EQ(spans_of(store, 1)[0].model, "new");
    EXPECT_EQ(spans_of(store, 1)[0].provider, "openai");
  });
}

void random_update(Items& items, std::mt19937& random) {
  const auto maybe = [&] { return random() % 3 == 0; };
  const auto text = [&] { return items.keep("\"v" + std::to_string(random() % 4) + "\""); };
  if (random() % 3 == 0) {
    auto& trace = items.trace(1);
    trace.revision = random() % 4;
    if (maybe()) trace.name = text();
    if (maybe()) trace.start_time = new_year + random() % 5;
    if (maybe()) trace.end_time = new_year + 10 + random() % 5;
    if (maybe()) trace.user_id = text();
    if (maybe()) trace.metadata = text();
    if (maybe()) trace.tags = std::vector<std::string_view>{text()};
    if (maybe()) trace.status = static_cast<Status>(random() % 4);
    return;
  }
  auto& span = items.span(1, 1 + random() % 2);
  span.revision = random() % 4;
  if (maybe()) span.name = text();
  if (maybe()) span.parent_span_id = span_id(9);
  if (maybe()) span.start_time = new_year + random() % 5;
  if (maybe()) span.end_time = new_year + 10 + random() % 5;
  if (maybe()) span.model = text();
  if (maybe()) span.tokens_input = random() % 9;
  if (maybe()) span.cost = random() % 9;
  if (maybe()) span.error = text();
  if (maybe()) span.time_to_first_token = random() % 9;
  if (maybe()) span.input_data = text();
  if (maybe()) span.span_type = static_cast<SpanType>(random() % 8);
}

TEST(StoreMerge, of_anything_in_any_order_has_one_result) {
  std::mt19937 random{20};
  for (int round = 0; round < 12; ++round) {
    std::vector<std::uint32_t> seeds(6);
    for (auto& seed : seeds) seed = static_cast<std::uint32_t>(random());
    std::string first;
    for (int order = 0; order < 4; ++order) {
      auto store = open_store(in_memory());
      auto twice = seeds;
      twice.insert(twice.end(), seeds.begin(), seeds.end());
      std::shuffle(twice.begin(), twice.end(), random);
      for (const std::uint32_t seed : twice) {
        Items items;
        std::mt19937 own{seed};
        random_update(items, own);
        ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
      }
      const std::string state = seen(*store, 1);
      if (order == 0) first = state;
      ASSERT_EQ(state, first) << "round " << round;
    }
  }
}

TEST(StoreMerge, leaves_no_trace_of_a_batch_that_comes_again) {
  auto store = open_store(in_memory());
  Items items;
  items.trace(1).name = "chat";
  end_of_span(items);
  ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
  const auto before = store->trace("demo", trace_id(1), soon()).value.sequence;
  int changes = 0;
  store->listen([&](const Change&) { ++changes; });
  for (int again = 0; again < 2; ++again)
    ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
  EXPECT_EQ(changes, 0);
  EXPECT_EQ(store->trace("demo", trace_id(1), soon()).value.sequence, before);
  const auto totals = store->totals("demo", soon()).value;
  EXPECT_EQ(totals.traces, 1);
  EXPECT_EQ(totals.spans, 1);
  EXPECT_EQ(totals.tokens_input, 7);
}

TEST(StoreMerge, adds_members_to_metadata_when_asked) {
  auto store = open_store(in_memory());
  Items first;
  first.trace(1).metadata = R"({"plan":"pro","nested":{"a":[1,"}"]},"x":1})";
  ASSERT_EQ(store_items(*store, first).outcome, WriteOutcome::committed);
  Items second;
  auto& update = second.trace(1);
  update.metadata = R"({ "x" : 2, "took\n": true })";
  update.extend_metadata = true;
  update.revision = 1;
  ASSERT_EQ(store_items(*store, second).outcome, WriteOutcome::committed);
  EXPECT_EQ(store->trace("demo", trace_id(1), soon()).value.metadata,
            R"({"plan":"pro","nested":{"a":[1,"}"]},"x":2,"took\n":true })");
}

}  // namespace
}  // namespace llmtrace::testing_store
