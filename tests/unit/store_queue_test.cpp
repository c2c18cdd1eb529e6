#include "support/store_items.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <thread>

namespace llmtrace::testing_store {
namespace {

Items one_span(std::uint64_t number, const std::string& project = "demo") {
  Items items{project};
  items.span(number, number).name = "step";
  return items;
}

// Holds the thread that writes, so that the queue fills.
class HeldStore {
 public:
  explicit HeldStore(SqliteOptions options) : store{open_store(std::move(options))} {
    std::promise<void> reached;
    store->apply(one_span(1).batch(), [this, &reached](const Applied&) {
      reached.set_value();
      release_.get_future().wait();
    });
    reached.get_future().wait();
  }
  void release() { release_.set_value(); }

 private:
  std::promise<void> release_;

 public:
  std::unique_ptr<Store> store;
};

TEST(StoreQueue, refuses_at_once_when_it_is_full) {
  SqliteOptions options = in_memory();
  options.queue_bytes = 100'000;
  HeldStore held{options};
  Batch large = one_span(2).batch();
  large.bytes = 90'000;
  auto first = held.store->apply(std::move(large));
  Batch more = one_span(3).batch();
  more.bytes = 90'000;
  EXPECT_EQ(held.store->apply(std::move(more)).get().outcome, WriteOutcome::busy);
  EXPECT_EQ(held.store->status().busy_batches, 1U);
  EXPECT_EQ(held.store->status().queued_batches, 1);
  held.release();
  EXPECT_EQ(first.get().outcome, WriteOutcome::committed);
  EXPECT_EQ(store_items(*held.store, one_span(3)).outcome, WriteOutcome::committed);
  EXPECT_EQ(held.store->status().queued_bytes, 0);
}

// Else it could never be stored.
TEST(StoreQueue, takes_one_batch_that_is_larger_than_itself) {
  SqliteOptions options = in_memory();
  options.queue_bytes = 10;
  auto store = open_store(options);
  EXPECT_EQ(store_items(*store, one_span(1)).outcome, WriteOutcome::committed);
}

TEST(StoreQueue, commits_what_waits_together) {
  HeldStore held{in_memory()};
  std::vector<std::future<Applied>> waiting;
  for (std::uint64_t i = 2; i < 40; ++i) waiting.push_back(held.store->apply(one_span(i).batch()));
  held.release();
  for (auto& one : waiting) EXPECT_EQ(one.get().sequence, 2U);
}

TEST(StoreQueue, stores_what_waits_when_it_is_closed) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("traces.db");
  std::vector<std::future<Applied>> waiting;
  {
    auto store = open_store(in_file(file));
    for (std::uint64_t i = 1; i <= 50; ++i) waiting.push_back(store->apply(one_span(i).batch()));
  }
  for (auto& one : waiting) EXPECT_EQ(one.get().outcome, WriteOutcome::committed);
  EXPECT_EQ(open_store(in_file(file))->totals("demo", soon()).value.spans, 50);
  EXPECT_FALSE(std::filesystem::exists(file + "-wal"));
}

TEST(StoreQueue, tells_of_changes_in_their_order_and_before_the_answer) {
  auto store = open_store(in_memory());
  std::mutex mutex;
  std::map<std::string, std::vector<std::uint64_t>> told;
  store->listen([&](const Change& change) {
    const std::lock_guard lock{mutex};
    ASSERT_EQ(change.traces.size(), 1U);
    told[change.project].push_back(change.sequence);
  });
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const std::string project = i % 2 ? "odd" : "even";
    const Applied applied = store_items(*store, one_span(i, project));
    const std::lock_guard lock{mutex};
    ASSERT_EQ(told[project].back(), applied.sequence);
    ASSERT_EQ(store->sequence(), applied.sequence);
  }
  EXPECT_EQ(told["odd"].size() + told["even"].size(), 20U);
  EXPECT_TRUE(std::is_sorted(told["odd"].begin(), told["odd"].end()));
}

TEST(StoreQueue, serves_readers_while_many_write) {
  for (const bool memory : {true, false}) {
    const TemporaryDirectory directory;
    auto store = open_store(memory ? in_memory() : in_file(directory.file("traces.db")));
    std::atomic<bool> writing{true};
    std::vector<std::thread> threads;
    for (std::uint64_t writer = 0; writer < 3; ++writer)
      threads.emplace_back([&, writer] {
        for (std::uint64_t i = 0; i < 60; ++i) {
          Items items;
          auto& span = items.span(1 + i % 7, writer * 1000 + i);
          span.start_time = new_year;
          span.model = "gpt-4o";
          span.input_data = R"("some words")";
          ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
        }
      });
    for (int reader = 0; reader < 2; ++reader)
      threads.emplace_back([&] {
        Filter filter;
        filter.node = FullTextCondition{"words", false};
        while (writing) {
          const auto page = store->traces({.project = "demo", .filter = filter}, soon());
          ASSERT_EQ(page.outcome, ReadOutcome::ok) << page.error;
          // Sums and rows of one snapshot.
          for (const StoredTrace& trace : page.value.traces) ASSERT_GT(trace.totals.span_count, 0);
          ASSERT_TRUE(store->series({.project = "demo", .from = new_year, .to = new_year + hour}, soon()));
          ASSERT_GE(store->status().commits, 0U);
        }
      });
    for (std::size_t i = 0; i < 3; ++i) threads[i].join();
    writing = false;
    for (std::size_t i = 3; i < threads.size(); ++i) threads[i].join();
    EXPECT_EQ(store->totals("demo", soon()).value.spans, 180);
  }
}

}  // namespace
}  // namespace llmtrace::testing_store
