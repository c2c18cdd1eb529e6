#include "collector/query/filter_language.hpp"
#include "support/store_items.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

namespace llmtrace::testing_store {
namespace {

Filter filter_of(std::string_view text) {
  auto parsed = parse_filter(text, new_year + 40 * day);
  if (const auto* error = std::get_if<FilterError>(&parsed)) {
    ADD_FAILURE() << text << ": " << error->message;
    return {};
  }
  return std::get<Filter>(std::move(parsed));
}

// What the test knows of a trace beside the store.
struct Known {
  std::uint64_t number;
  std::int64_t start;
  std::optional<std::int64_t> duration{};
  std::int64_t cost = 0;
  bool cost_known = false;
  std::int64_t tokens = 0;
  std::int64_t spans = 0;
  std::int64_t errors = 0;
  Status status = Status::running;
  std::string name{}, user{}, tag{}, model{};
};

class StoreList : public ::testing::Test {
 protected:
  static constexpr std::uint64_t count = 300;

  void SetUp() override {
    std::mt19937 random{11};
    for (std::uint64_t number = 1; number <= count; ++number) {
      Items items;
      Known known{.number = number, .start = new_year + static_cast<std::int64_t>(random() % 100) * second};
      known.name = "name" + std::to_string(random() % 4);
      known.user = "user" + std::to_string(random() % 10);
      known.tag = "tag" + std::to_string(random() % 3);
      known.model = random() % 2 ? "gpt-4o" : "gpt-4o-mini";
      auto& trace = items.trace(number);
      trace.name = known.name;
      trace.user_id = known.user;
      trace.tags = std::vector<std::string_view>{known.tag, "all"};
      trace.start_time = known.start;
      trace.status = Status::running;
      if (random() % 4) {
        known.duration = static_cast<std::int64_t>(random() % 5000) * millisecond;
        trace.end_time = known.start + *known.duration;
        known.status = trace.status.emplace(random() % 5 ? Status::ok : Status::error);
      }
      known.spans = static_cast<std::int64_t>(random() % 4);
      for (std::int64_t s = 0; s < known.spans; ++s) {
        auto& span = items.span(number, number * 10 + static_cast<std::uint64_t>(s));
        span.start_time = known.start;
        span.end_time = known.start + second;
        span.model = known.model;
        span.tokens_input = static_cast<std::int64_t>(random() % 1000);
        known.tokens += *span.tokens_input;
        if (random() % 2) {
          span.cost = static_cast<std::int64_t>(random() % 1000) * 1'000'000;
          known.cost += *span.cost;
          known.cost_known = true;
        }
        if (random() % 6 == 0) {
          span.error = "boom";
          ++known.errors;
        }
      }
      ASSERT_EQ(store_items(*store_, items).outcome, WriteOutcome::committed);
      known_.push_back(known);
    }
  }

  std::vector<std::uint64_t> all_pages(TraceQuery query) {
    std::vector<std::uint64_t> numbers;
    for (int page = 0; page < 1000; ++page) {
      const auto answer = store_->traces(query, soon());
      EXPECT_EQ(answer.outcome, ReadOutcome::ok) << answer.error;
      for (const StoredTrace& trace : answer.value.traces) numbers.push_back(trace.trace_id.low);
      query.cursor = answer.value.next_cursor;
      if (query.cursor.empty()) break;
    }
    return numbers;
  }

  void expect_matches(std::string_view text, const std::function<bool(const Known&)>& matches) {
    std::vector<std::uint64_t> expected;
    for (const Known& known : known_)
      if (matches(known)) expected.push_back(known.number);
    for (const TraceOrder order : {TraceOrder::start_time, TraceOrder::cost})
      EXPECT_THAT(all_pages({.project = "demo", .filter = filter_of(text), .order = order, .limit = 7}),
                  ::testing::UnorderedElementsAreArray(expected))
          << text;
    EXPECT_EQ(counted(text), expected.size()) << text;
  }

  // By the series of the same filter, which looks for the traces in other ways than a page.
  std::size_t counted(std::string_view text) {
    const auto series = store_->series(
        {.project = "demo", .from = new_year, .to = new_year + hour, .filter = filter_of(text)}, soon());
    EXPECT_EQ(series.outcome, ReadOutcome::ok) << series.error;
    return series.value.lines.empty() ? 0 : static_cast<std::size_t>(series.value.lines[0].total.count);
  }

  std::unique_ptr<Store> store_ = open_store(in_memory());
  std::vector<Known> known_;
};

TEST_F(StoreList, gives_every_trace_once_in_every_order) {
  const std::pair<TraceOrder, std::function<std::int64_t(const Known&)>> orders[] = {
      {TraceOrder::start_time, [](const Known& known) { return known.start; }},
      {TraceOrder::latency, [](const Known& known) { return known.duration.value_or(-1); }},
      {TraceOrder::cost, [](const Known& known) { return known.cost; }},
      {TraceOrder::tokens, [](const Known& known) { return known.tokens; }},
      {TraceOrder::spans, [](const Known& known) { return known.spans; }},
      {TraceOrder::errors, [](const Known& known) { return known.errors; }}};
  for (const auto& [order, key] : orders)
    for (const bool ascending : {false, true}) {
      std::vector<Known> sorted = known_;
      std::sort(sorted.begin(), sorted.end(), [&, &key = key](const Known& a, const Known& b) {
        const auto left = std::pair{key(a), a.number};
        const auto right = std::pair{key(b), b.number};
        return ascending ? left < right : right < left;
      });
      std::vector<std::uint64_t> expected;
      for (const Known& known : sorted) expected.push_back(known.number);
      EXPECT_EQ(all_pages({.project = "demo", .order = order, .ascending = ascending, .limit = 13}),
                expected);
    }
}

TEST_F(StoreList, filters_as_a_plain_loop_would) {
  expect_matches("name:name1", [](const Known& t) { return t.name == "name1"; });
  expect_matches("name:name*", [](const Known&) { return true; });
  expect_matches("user:user1,user2", [](const Known& t) { return t.user == "user1" || t.user == "user2"; });
  expect_matches("-tag:tag0", [](const Known& t) { return t.tag != "tag0"; });
  expect_matches("tag:all tag:tag1", [](const Known& t) { return t.tag == "tag1"; });
  expect_matches("tag:all user:user4", [](const Known& t) { return t.user == "user4"; });
  expect_matches("tag:all latency>2s", [](const Known& t) { return t.duration && *t.duration > 2 * second; });
  expect_matches("tag:all status:running", [](const Known& t) { return t.status == Status::running; });
  expect_matches("user:user4 errors>0", [](const Known& t) { return t.user == "user4" && t.errors > 0; });
  expect_matches("model:gpt-4o", [](const Known& t) { return t.spans > 0 && t.model == "gpt-4o"; });
  expect_matches("model:gpt-4o*", [](const Known& t) { return t.spans > 0; });
  expect_matches("latency>2s", [](const Known& t) { return t.duration && *t.duration > 2 * second; });
  expect_matches("latency<=2s", [](const Known& t) { return t.duration && *t.duration <= 2 * second; });
  expect_matches("-latency>2s", [](const Known& t) { return !(t.duration && *t.duration > 2 * second); });
  expect_matches("cost>0.5", [](const Known& t) { return t.cost > 500'000'000; });
  expect_matches("cost>=0", [](const Known& t) { return t.cost_known; });
  expect_matches("tokens>1000 spans<3", [](const Known& t) { return t.tokens > 1000 && t.spans < 3; });
  expect_matches("status:running", [](const Known& t) { return t.status == Status::running; });
  expect_matches("status:ok,error", [](const Known& t) { return t.status != Status::running; });
  expect_matches("error:true", [](const Known& t) { return t.errors > 0 || t.status == Status::error; });
  expect_matches("error:false", [](const Known& t) { return t.errors == 0 && t.status != Status::error; });
  expect_matches("errors>1", [](const Known& t) { return t.errors > 1; });
  expect_matches("user:user3 OR latency>4s", [](const Known& t) {
    return t.user == "user3" || (t.duration && *t.duration > 4 * second);
  });
  expect_matches("-(user:user3 OR tag:tag1) name:name2",
                 [](const Known& t) { return t.user != "user3" && t.tag != "tag1" && t.name == "name2"; });
  expect_matches("user:nobody", [](const Known&) { return false; });
  expect_matches("since:2026-01-01T00:00:50Z",
                 [](const Known& t) { return t.start >= new_year + 50 * second; });
  expect_matches("trace:0af7651916cd43dd0000000000000005", [](const Known& t) { return t.number == 5; });
  expect_matches("NOT trace:0af7651916cd43dd0000000000000005", [](const Known& t) { return t.number != 5; });
}

TEST_F(StoreList, narrows_by_time) {
  TraceQuery query{
      .project = "demo", .time = {new_year + 10 * second, new_year + 20 * second}, .limit = 1000};
  std::size_t expected = 0;
  for (const Known& known : known_)
    if (known.start >= new_year + 10 * second && known.start < new_year + 20 * second) ++expected;
  EXPECT_EQ(all_pages(query).size(), expected);
  query.filter = filter_of("tag:all");
  EXPECT_EQ(all_pages(query).size(), expected);
}

TEST_F(StoreList, stays_whole_while_traces_arrive) {
  TraceQuery query{.project = "demo", .limit = 100};
  const auto first = store_->traces(query, soon());
  Items items;
  items.trace(9999).start_time = new_year + hour;
  store_items(*store_, items);
  query.cursor = first.value.next_cursor;
  std::set<std::uint64_t> seen;
  for (const StoredTrace& trace : first.value.traces) seen.insert(trace.trace_id.low);
  for (const std::uint64_t number : all_pages(query)) EXPECT_TRUE(seen.insert(number).second) << number;
  EXPECT_EQ(seen.size(), count);
}

TEST_F(StoreList, refuses_cursors_that_are_none) {
  TraceQuery query{.project = "demo", .limit = 10};
  const std::string good = store_->traces(query, soon()).value.next_cursor;
  for (const std::string& bad : {std::string{"x"}, good + "0", good.substr(2), std::string{"' OR 1=1 --"},
                                 std::string(34, 'f'), std::string(34, 'G')}) {
    query.cursor = bad;
    EXPECT_EQ(store_->traces(query, soon()).outcome, ReadOutcome::bad_cursor) << bad;
  }
  query.cursor = good;
  query.order = TraceOrder::cost;
  EXPECT_EQ(store_->traces(query, soon()).outcome, ReadOutcome::bad_cursor);
}

TEST_F(StoreList, takes_no_value_for_sql) {
  const std::string_view attacks[] = {"'; DROP TABLE traces; --",
                                      "' OR '1'='1",
                                      "\" OR 1=1",
                                      "%",
                                      "_",
                                      "*\"",
                                      "words:x",
                                      "NEAR(a b)",
                                      "a AND b OR c",
                                      "^a",
                                      "{words}:a",
                                      "\\",
                                      "'||(SELECT 1)||'",
                                      "name*)--"};
  for (const std::string_view attack : attacks) {
    for (const TextField field : {TextField::name, TextField::user, TextField::model, TextField::trace_id,
                                  TextField::status, TextField::error_type}) {
      Filter filter;
      filter.node = TextCondition{field, {std::string{attack}}, false};
      const auto page = store_->traces({.project = "demo", .filter = filter}, soon());
      EXPECT_EQ(page.outcome, ReadOutcome::ok) << page.error;
      EXPECT_TRUE(page.value.traces.empty()) << attack;
    }
    for (const bool phrase : {false, true}) {
      Filter filter;
      filter.node = FullTextCondition{std::string{attack}, phrase};
      EXPECT_EQ(store_->traces({.project = "demo", .filter = filter}, soon()).outcome, ReadOutcome::ok)
          << attack;
    }
    EXPECT_TRUE(
        store_->sessions({.project = "demo", .prefix = std::string{attack}}, soon()).value.sessions.empty());
    EXPECT_TRUE(store_->facets({.project = "demo", .prefix = std::string{attack}}, soon()).value.empty());
    EXPECT_TRUE(store_->traces({.project = std::string{attack}}, soon()).value.traces.empty());
  }
  EXPECT_EQ(all_pages({.project = "demo"}).size(), count);
}

TEST_F(StoreList, answers_any_filter_that_parses) {
  constexpr std::string_view pieces[] = {
      "model:gpt-4o", "tag:tag1", "latency>1s", "error:true", "-",          "(",         ")", " OR ", " ",
      "NOT ",         "cost<0.1", "boom",       "\"boom\"",   "name:name*", "status:ok", "x"};
  std::mt19937 random{3};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (auto left = random() % 8; left > 0; --left) (text += pieces[random() % std::size(pieces)]) += ' ';
    auto parsed = parse_filter(text, new_year);
    auto* filter = std::get_if<Filter>(&parsed);
    if (filter == nullptr) continue;
    const auto page = store_->traces({.project = "demo", .filter = std::move(*filter)}, soon());
    ASSERT_EQ(page.outcome, ReadOutcome::ok) << text << ": " << page.error;
  }
}

TEST_F(StoreList, is_cut_off_at_the_deadline) {
  const auto page = store_->traces({.project = "demo", .filter = filter_of("-x -y -z")},
                                   std::chrono::steady_clock::now() - std::chrono::seconds{1});
  EXPECT_EQ(page.outcome, ReadOutcome::deadline);
  EXPECT_EQ(store_->traces({.project = "demo"}, soon()).outcome, ReadOutcome::ok);
}

TEST_F(StoreList, offers_the_values_to_filter_by) {
  const auto tags = store_->facets({.project = "demo", .field = TextField::tag}, soon()).value;
  ASSERT_EQ(tags.size(), 4U);
  EXPECT_EQ(tags[0].value, "all");
  EXPECT_EQ(tags[0].traces, static_cast<std::int64_t>(count));
  std::int64_t sum = 0;
  for (std::size_t i = 1; i < 4; ++i) sum += tags[i].traces;
  EXPECT_EQ(sum, static_cast<std::int64_t>(count));
  const auto some =
      store_->facets({.project = "demo", .field = TextField::user, .prefix = "user1"}, soon()).value;
  ASSERT_EQ(some.size(), 1U);
}

TEST(StoreSessions, come_with_their_sums_the_last_active_first) {
  auto store = open_store(in_memory());
  for (std::uint64_t i = 1; i <= 30; ++i) {
    Items items;
    auto& trace = items.trace(i);
    trace.session_id = items.keep("session" + std::to_string(i % 10));
    trace.user_id = "u1";
    trace.start_time = new_year + static_cast<std::int64_t>(i) * second;
    auto& span = items.span(i, i);
    span.tokens_output = 5;
    store_items(*store, items);
  }
  SessionQuery query{.project = "demo", .limit = 4};
  std::vector<std::string> seen;
  do {
    const auto page = store->sessions(query, soon());
    ASSERT_TRUE(page) << page.error;
    for (const SessionRow& session : page.value.sessions) {
      seen.push_back(session.session_id);
      EXPECT_EQ(session.trace_count, 3);
      EXPECT_EQ(session.totals.tokens_output, 15);
      EXPECT_FALSE(session.totals.cost.has_value());
      EXPECT_EQ(session.user_id, "u1");
      EXPECT_EQ(session.last_start - session.first_start, 20 * second);
    }
    query.cursor = page.value.next_cursor;
  } while (!query.cursor.empty());
  EXPECT_THAT(seen, ::testing::ElementsAre("session0", "session9", "session8", "session7", "session6",
                                           "session5", "session4", "session3", "session2", "session1"));
}

}  // namespace
}  // namespace llmtrace::testing_store
