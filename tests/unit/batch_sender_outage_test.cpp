#include "unit/batch_sender_fixture.hpp"

#include <algorithm>

namespace llmtrace::exporting {
namespace {

class BatchSenderOutage : public BatchSenderTest {};

TEST_F(BatchSenderOutage, sends_fewer_than_thirty_requests_in_an_outage_of_ten_minutes) {
  for (const auto& reply : {failure(Outcome::unreachable), answer(503), answer(503, {}, "1"), answer(500),
                            answer(200, "<html>")}) {
    for (unsigned seed = 1; seed <= 50; ++seed) {
      ScriptedTransport transport;
      transport.respond = [&](const auto&) { return reply; };
      BatchSender sender(transport, {}, std::minstd_rand{seed}, nullptr);
      TimePoint now = start_;
      while (now <= start_ + 10min) {
        if (sender.idle()) {
          ASSERT_TRUE(sender.submit(batch_of(64), now));
        }
        sender.step(now);
        const auto next = sender.next_event();
        if (next != TimePoint::max()) now = std::max(now, next);
      }
      EXPECT_LT(transport.posts.size(), 30U);
      EXPECT_GE(transport.posts.size(), 15U) << "it must go on probing";
    }
  }
}

TEST_F(BatchSenderOutage, drains_within_a_minute_of_the_recovery) {
  bool up = false;
  transport_.respond = [&](const auto& ids) { return up ? accepted(ids.size()) : answer(503); };
  submit(batch_of(8));
  run_until(start_ + 10min);
  now_ = start_ + 10min;
  up = true;
  run();
  expect_spans(8, 0);
  EXPECT_LE(now_, start_ + 11min);
  const auto recovered = now_;
  for (int i = 0; i < 100; ++i) {
    submit(batch_of(8));
    run();
  }
  expect_spans(808, 0);
  EXPECT_EQ(now_, recovered) << "after one success nothing waits";
}

TEST_F(BatchSenderOutage, the_breaker_outlives_the_batch_that_opened_it) {
  make({.max_retry_age = 1min});
  transport_.respond = [](const auto&) { return failure(Outcome::unreachable); };
  submit(batch_of(1));
  run();
  expect_spans(0, 0, 1);
  const auto posts = transport_.posts.size();
  submit(batch_of(1));
  sender_->step(now_);
  EXPECT_EQ(transport_.posts.size(), posts);
  EXPECT_GT(sender_->next_event(), now_);
}

TEST_F(BatchSenderOutage, survives_a_transport_that_cannot_start) {
  transport_.fail_starts = true;
  submit(batch_of(1));
  run_until(start_ + 1min);
  EXPECT_FALSE(sender_->idle());
  transport_.fail_starts = false;
  run();
  expect_spans(1, 0);
}

TEST_F(BatchSenderOutage, finishing_cuts_a_wait_short_and_tries_once_more) {
  transport_.queue.push_back(answer(503, {}, "30"));
  submit(batch_of(2));
  run_until(now_ + 1s);
  sender_->finish_by(now_ + 2s, now_);
  EXPECT_LE(sender_->next_event(), now_);
  run();
  expect_spans(2, 0);
  EXPECT_FALSE(sender_->gave_up());
  EXPECT_EQ(transport_.timeouts.back(), 2s) << "the budget caps the request";
}

TEST_F(BatchSenderOutage, finishing_gives_up_when_the_last_try_fails) {
  transport_.respond = [](const auto&) { return failure(Outcome::unreachable); };
  submit(batch_of(2));
  run_until(now_ + 1s);
  const auto posts = transport_.posts.size();
  sender_->finish_by(now_ + 2s, now_);
  run();
  EXPECT_TRUE(sender_->gave_up());
  EXPECT_EQ(transport_.posts.size(), posts + 1);
  EXPECT_EQ(sender_->next_event(), TimePoint::max());
  EXPECT_FALSE(sender_->submit(batch_of(1), now_));
  sender_->abandon();
  EXPECT_TRUE(sender_->idle());
  expect_spans(0, 0, 0, 2);
}

TEST_F(BatchSenderOutage, finishing_ends_a_request_that_hangs_at_the_deadline) {
  transport_.hang = true;
  submit(batch_of(2));
  sender_->step(now_);
  sender_->finish_by(now_ + 2s, now_);
  EXPECT_EQ(sender_->next_event(), now_ + 2s);
  sender_->step(now_ + 1s);
  EXPECT_FALSE(sender_->gave_up());
  sender_->step(now_ + 2s);
  EXPECT_TRUE(sender_->gave_up());
  sender_->abandon();
  expect_spans(0, 0, 0, 2);
}

TEST_F(BatchSenderOutage, a_request_already_running_does_not_count_as_the_last_try) {
  transport_.hang = true;
  submit(batch_of(2));
  sender_->step(now_);
  sender_->finish_by(now_ + 2s, now_);
  transport_.hang = false;
  transport_.queue.push_back(answer(503));
  run();
  expect_spans(2, 0);
}

TEST_F(BatchSenderOutage, finishing_goes_on_with_the_batches_that_come) {
  make();
  sender_->finish_by(now_ + 2s, now_);
  for (int i = 0; i < 3; ++i) {
    submit(batch_of(2));
    run();
  }
  expect_spans(6, 0);
}

TEST_F(BatchSenderOutage, abandons_what_is_left_of_a_split_batch) {
  transport_.queue.push_back(answer(413));
  transport_.queue.push_back(accepted(2));
  submit(batch_of(4));
  for (int i = 0; i < 3; ++i) sender_->step(now_);
  sender_->abandon();
  expect_spans(2, 0, 0, 2);
  EXPECT_TRUE(sender_->idle());
}

}  // namespace
}  // namespace llmtrace::exporting
