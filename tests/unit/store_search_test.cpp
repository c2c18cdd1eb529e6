#include "collector/store/sqlite/text_fold.hpp"
#include "support/store_items.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

namespace llmtrace::testing_store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::uint64_t> found(const Store& store, const std::string& text, bool phrase = false) {
  Filter filter;
  filter.node = FullTextCondition{text, phrase};
  const auto page = store.traces({.project = "demo", .filter = filter, .limit = 1000}, soon());
  EXPECT_EQ(page.outcome, ReadOutcome::ok) << page.error;
  EXPECT_TRUE(page.value.text_complete);
  std::vector<std::uint64_t> numbers;
  for (const StoredTrace& trace : page.value.traces) numbers.push_back(trace.trace_id.low);
  return numbers;
}

void wait_until_indexed(const Store& store) {
  const auto deadline = soon();
  while (store.status().text_index_backlog > 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  ASSERT_EQ(store.status().text_index_backlog, 0);
}

SqliteOptions without_index() {
  SqliteOptions options = in_memory();
  options.text_index = false;
  return options;
}

void add_examples(Store& store) {
  Items items;
  auto& parcel = items.trace(1);
  parcel.name = "parcel-question";
  parcel.input = R"("Where is my\nPARCEL, please?")";
  items.span(1, 1).output_data =
      R"({"role":"assistant","content":"On its way to Zürich \u2014 caf\u00e9 Ärger"})";
  auto& span = items.span(2, 2);
  span.error = "connection refused";
  span.error_type = "timeout";
  span.attributes = R"({"http.url":"https://api.example.com/v1/chat"})";
  items.span(3, 3).input_data = R"(["日本語のテキスト", 42, null, true])";
  auto& split = items.span(4, 4);
  split.input_data = R"("first half")";
  items.span(4, 5).input_data = R"("second part")";
  ASSERT_EQ(store_items(store, items).outcome, WriteOutcome::committed);
}

// What holds whichever way the words are looked up.
void expect_answers(const Store& store) {
  EXPECT_THAT(found(store, "parcel"), ElementsAre(1));
  EXPECT_THAT(found(store, "Parcel please"), ElementsAre(1));
  EXPECT_THAT(found(store, "is my parcel", true), ElementsAre(1));
  EXPECT_THAT(found(store, "parcel my", true), IsEmpty());
  EXPECT_THAT(found(store, "parc*"), ElementsAre(1));
  EXPECT_THAT(found(store, "parc"), IsEmpty());
  EXPECT_THAT(found(store, "ZÜRICH"), ElementsAre(1));
  EXPECT_THAT(found(store, "café ärger", true), ElementsAre(1));
  EXPECT_THAT(found(store, "timeout"), ElementsAre(2));
  EXPECT_THAT(found(store, "api.example.com"), ElementsAre(2));
  EXPECT_THAT(found(store, "日本"), ElementsAre(3));
  EXPECT_THAT(found(store, "本日"), IsEmpty());
  EXPECT_THAT(found(store, "half second"), ElementsAre(4));
  EXPECT_THAT(found(store, "half second", true), IsEmpty());
  EXPECT_THAT(found(store, "content"), IsEmpty());
  EXPECT_THAT(found(store, "nowhere"), IsEmpty());
  EXPECT_THAT(found(store, "!?"), IsEmpty());
}

TEST(StoreSearch, finds_by_the_index) {
  auto store = open_store(in_memory());
  add_examples(*store);
  wait_until_indexed(*store);
  expect_answers(*store);
}

TEST(StoreSearch, finds_without_an_index) {
  auto store = open_store(without_index());
  add_examples(*store);
  expect_answers(*store);
}

// The indexer runs whenever it likes; at each moment the answer must be whole.
TEST(StoreSearch, finds_what_has_just_been_committed) {
  auto store = open_store(in_memory());
  for (std::uint64_t i = 1; i <= 100; ++i) {
    Items items;
    items.span(i, i).input_data = items.keep("\"word" + std::to_string(i) + " common\"");
    ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
    ASSERT_THAT(found(*store, "word" + std::to_string(i)), ElementsAre(i));
    ASSERT_EQ(found(*store, "common").size(), i);
  }
}

TEST(StoreSearch, finds_what_was_added_to_an_indexed_span) {
  auto store = open_store(in_memory());
  Items items;
  items.span(1, 1).input_data = R"("question")";
  store_items(*store, items);
  wait_until_indexed(*store);
  Items late;
  late.span(1, 1).output_data = R"("answer")";
  late.trace(1).metadata = R"({"note":"remark"})";
  store_items(*store, late);
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(found(*store, "answer"), ElementsAre(1));
    EXPECT_THAT(found(*store, "question answer remark"), ElementsAre(1));
    wait_until_indexed(*store);
  }
}

TEST(StoreSearch, builds_the_index_anew_when_it_is_lost_or_damaged) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("traces.db");
  add_examples(*open_store(in_file(file)));
  const std::function<void()> harms[] = {
      [&] { std::filesystem::remove(file + "-text"); },
      [&] { std::filesystem::resize_file(file + "-text", std::filesystem::file_size(file + "-text") / 2); },
      [&] {
        std::fstream index{file + "-text", std::ios::in | std::ios::out | std::ios::binary};
        index.seekp(120);
        for (int i = 0; i < 30'000; ++i) index.put(static_cast<char>(i));
      }};
  for (const auto& harm : harms) {
    harm();
    auto store = open_store(in_file(file));
    ASSERT_NE(store, nullptr);
    wait_until_indexed(*store);
    expect_answers(*store);
  }
}

TEST(TextFold, makes_words_of_text) {
  const auto folded = [](std::string_view text) {
    std::string result;
    sqlite::append_folded(result, text);
    return result;
  };
  EXPECT_EQ(folded("Hello, World-wide_42!"), "hello world wide 42 ");
  EXPECT_EQ(folded("ÀÉÎ Ñandú ΑΒΓ ДЁЖ Őű"), "àéî ñandú αβγ дёж őű ");
  EXPECT_EQ(folded("a\xFF\xFE"
                   "b"),
            "a b ");
  EXPECT_EQ(folded("日本go"), "日 本 go ");
  EXPECT_EQ(folded(""), "");
  using sqlite::Word;
  EXPECT_THAT(sqlite::words_of("parc* Way"), ElementsAre(Word{"parc", true}, Word{"way", false}));
  EXPECT_THAT(sqlite::words_of("* a *"), ElementsAre(Word{"a", false}));
}

}  // namespace
}  // namespace llmtrace::testing_store
