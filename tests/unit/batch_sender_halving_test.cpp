#include "unit/batch_sender_fixture.hpp"

#include <algorithm>
#include <set>

namespace llmtrace::exporting {
namespace {

// A service that breaks on some items, and how long the others wait for it.
class BatchSenderHalving : public BatchSenderTest {
 protected:
  void break_on(std::set<int> bad) {
    transport_.respond = [bad = std::move(bad)](const auto& ids) {
      const bool breaks = std::any_of(ids.begin(), ids.end(), [&](int id) { return bad.count(id) != 0; });
      return breaks ? answer(500) : accepted(ids.size());
    };
  }
  // Each time anew, so that one batch tells nothing about the next.
  void deliver(int count, unsigned seed) {
    total_ = {};
    start_ = now_;
    make({}, seed);
    submit(batch_of(count));
    run();
  }
};

// Every 500 on the way down used to count as an outage: from the fifth on each part waited half a minute,
// and the others came after five minutes.
TEST_F(BatchSenderHalving, is_over_in_seconds_wherever_the_bad_item_is) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    for (const int count : {2, 11, 100, 512}) {
      for (const int bad : {0, count / 2, count - 1}) {
        SCOPED_TRACE(testing::Message() << "item " << bad << " of " << count << ", seed " << seed);
        break_on({bad});
        deliver(count, seed);
        expect_spans(static_cast<std::uint64_t>(count) - 1, 1);
        EXPECT_LE(now_ - start_, 10s);
        EXPECT_LE(half_accepted_ - start_, 4s) << "the half without it";
      }
    }
  }
}

TEST_F(BatchSenderHalving, is_over_in_seconds_with_several_bad_items_too) {
  const std::vector<std::set<int>> cases{
      {0, 511},     {255, 256},           {0, 100, 200},           {0, 128, 256, 384},
      {0, 1, 2, 3}, {508, 509, 510, 511}, {0, 1, 2, 3, 4, 5, 6, 7}};
  for (unsigned seed = 1; seed <= 20; ++seed) {
    for (const auto& bad : cases) {
      SCOPED_TRACE(testing::Message() << bad.size() << " from " << *bad.begin() << ", seed " << seed);
      break_on(bad);
      deliver(512, seed);
      expect_spans(512 - bad.size(), bad.size());
      EXPECT_LE(now_ - start_, 25s);
    }
  }
}

TEST_F(BatchSenderHalving, looks_at_the_other_half_before_it_goes_deeper) {
  break_on({0});
  deliver(8, 1);
  expect_spans(7, 1);
  ASSERT_GE(transport_.posts.size(), 7U);
  EXPECT_EQ(transport_.posts[3], (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(transport_.posts[4], (std::vector<int>{4, 5, 6, 7}));
  EXPECT_EQ(transport_.posts[5], (std::vector<int>{0, 1}));
  EXPECT_EQ(transport_.posts[6], (std::vector<int>{2, 3}));
}

TEST_F(BatchSenderHalving, ends_while_many_items_are_bad) {
  for (const int distance : {2, 8, 64}) {
    std::set<int> bad;
    for (int i = 0; i < 512; i += distance) bad.insert(i);
    break_on(bad);
    deliver(512, 1);
    expect_spans(512 - bad.size(), bad.size());
  }
}

// It is the only thing that tells an outage from a bad item.
TEST_F(BatchSenderHalving, of_a_service_that_takes_nothing_soon_slows_down) {
  for (const int count : {2, 64, 512}) {
    const auto before = transport_.posts.size();
    transport_.respond = [](const auto&) { return answer(500); };
    total_ = {};
    make();
    submit(batch_of(count));
    run_until(now_ + 1min);
    EXPECT_LE(transport_.posts.size() - before, 12U) << count;
    sender_->abandon();
  }
}

TEST_F(BatchSenderHalving, of_a_service_that_dies_meanwhile_slows_down_as_well) {
  transport_.respond = [this](const auto& ids) {
    return ids.front() == 0 || transport_.posts.size() > 5 ? answer(500) : accepted(ids.size());
  };
  submit(batch_of(512));
  run_until(start_ + 10min);
  EXPECT_LE(transport_.posts.size(), 50U);
  collect();
  EXPECT_LE(total_.of(Kind::spans).rejected, 16U) << "what an outage costs must stay little";
}

TEST_F(BatchSenderHalving, of_a_part_that_is_only_too_large_waits_for_three_errors) {
  transport_.queue.push_back(answer(413));
  for (int i = 0; i < 3; ++i) transport_.queue.push_back(answer(500));
  submit(batch_of(8));
  run();
  expect_spans(8, 0);
  ASSERT_EQ(transport_.posts.size(), 7U);
  for (std::size_t i = 1; i <= 3; ++i) EXPECT_EQ(transport_.posts[i], (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(transport_.posts[4], (std::vector<int>{4, 5, 6, 7}));
  EXPECT_EQ(transport_.posts[5], (std::vector<int>{0, 1}));
}

// The first 500 after the shutdown had begun used to end it, and everything was lost at once.
TEST_F(BatchSenderHalving, is_carried_to_its_end_by_the_shutdown) {
  for (const int count : {2, 11, 100, 512}) {
    for (const int bad : {0, 3, count / 2, count - 1}) {
      if (bad >= count) continue;
      SCOPED_TRACE(testing::Message() << "item " << bad << " of " << count);
      break_on({bad});
      total_ = {};
      make();
      submit(batch_of(count));
      const TimePoint begin = now_;
      sender_->finish_by(now_ + 2s, now_);
      run();
      expect_spans(static_cast<std::uint64_t>(count) - 1, 1);
      EXPECT_FALSE(sender_->gave_up());
      EXPECT_EQ(now_, begin) << "the shutdown does not wait";
    }
  }
}

TEST_F(BatchSenderHalving, that_has_begun_is_carried_on_by_the_shutdown) {
  break_on({0});
  for (std::size_t posts = 1; posts <= 16; ++posts) {
    const auto before = transport_.posts.size();
    total_ = {};
    make();
    submit(batch_of(512));
    while (transport_.posts.size() < before + posts) step_once();
    sender_->finish_by(now_ + 2s, now_);
    run();
    expect_spans(511, 1);
    EXPECT_FALSE(sender_->gave_up()) << "after " << posts;
  }
}

// Bad items all over the batch look like an outage until the parts are small.
TEST_F(BatchSenderHalving, that_the_breaker_has_stopped_is_carried_on_by_the_shutdown) {
  break_on({0, 64, 128, 192, 256, 320, 384, 448});
  for (std::chrono::seconds before{0}; before <= 3min; before += 5s) {
    total_ = {};
    make();
    submit(batch_of(512));
    run_until(now_ + before);
    sender_->finish_by(now_ + 2s, now_);
    run();
    expect_spans(504, 8);
    EXPECT_FALSE(sender_->gave_up()) << "after " << before.count() << " s";
  }
}

TEST_F(BatchSenderHalving, is_given_up_by_the_shutdown_when_nothing_is_accepted) {
  transport_.respond = [](const auto&) { return answer(500); };
  submit(batch_of(512));
  sender_->finish_by(now_ + 2s, now_);
  run();
  EXPECT_TRUE(sender_->gave_up());
  EXPECT_LE(transport_.posts.size(), 10U);
  sender_->abandon();
  expect_spans(0, 0, 0, 512);
}

TEST_F(BatchSenderHalving, ends_at_the_deadline_of_the_shutdown) {
  break_on({0});
  submit(batch_of(512));
  sender_->finish_by(now_ + 2s, now_);
  for (int steps = 0; steps < 6; ++steps) sender_->step(now_);  // the second half is accepted
  transport_.hang = true;
  sender_->step(now_ + 1s);
  EXPECT_FALSE(sender_->gave_up());
  sender_->step(now_ + 2s);
  EXPECT_TRUE(sender_->gave_up());
  sender_->abandon();
  expect_spans(256, 0, 0, 256);
}

}  // namespace
}  // namespace llmtrace::exporting
