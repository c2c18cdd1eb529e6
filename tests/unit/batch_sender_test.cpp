#include "unit/batch_sender_fixture.hpp"

#include <algorithm>

namespace llmtrace::exporting {
namespace {

TEST_F(BatchSenderTest, delivers_a_batch_in_one_request) {
  submit(batch_of(3));
  EXPECT_FALSE(sender_->idle());
  EXPECT_EQ(sender_->next_event(), start_ - 1h) << "due since ever";
  run();
  EXPECT_TRUE(sender_->idle());
  EXPECT_EQ(sender_->next_event(), TimePoint::max());
  expect_spans(3, 0);
  EXPECT_EQ(transport_.posts, (std::vector<std::vector<int>>{{0, 1, 2}}));
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(BatchSenderTest, counts_traces_apart_from_spans) {
  submit(batch_of(2, Kind::traces));
  run();
  expect_spans(0, 0);
  EXPECT_EQ(total_.of(Kind::traces).accepted, 2U);
}

TEST_F(BatchSenderTest, takes_one_batch_at_a_time) {
  submit(batch_of(1));
  EncodedBatch second = batch_of(2);
  EXPECT_FALSE(sender_->submit(std::move(second), now_));
  EXPECT_EQ(second.size(), 2U) << "a refused batch is untouched";
  EXPECT_EQ(sender_->pending_items(), 1U);
}

TEST_F(BatchSenderTest, has_nothing_to_do_for_an_empty_batch) {
  submit(batch_of(0));
  EXPECT_TRUE(sender_->idle());
}

TEST_F(BatchSenderTest, gives_the_storage_back) {
  submit(batch_of(3));
  EXPECT_EQ(sender_->reclaim().items.capacity(), 0U) << "still in use";
  run();
  const auto storage = sender_->reclaim();
  EXPECT_TRUE(storage.items.empty());
  EXPECT_GE(storage.items.capacity(), batch_of(3).items.size());
}

TEST_F(BatchSenderTest, retries_what_passes_by_itself) {
  for (const int status : {408, 429, 502, 503, 504}) transport_.queue.push_back(answer(status));
  transport_.queue.push_back(failure(Outcome::unreachable));
  transport_.queue.push_back(failure(Outcome::timed_out));
  transport_.queue.push_back(failure(Outcome::refused_by_us));
  submit(batch_of(3));
  run();
  expect_spans(3, 0);
  EXPECT_EQ(transport_.posts.size(), 9U);
  EXPECT_EQ(warnings_[Warning::overloaded], 5);
  EXPECT_EQ(warnings_[Warning::unreachable], 3);
}

TEST_F(BatchSenderTest, backs_off_with_full_jitter_below_a_growing_limit) {
  make({.breaker_threshold = 1000});
  transport_.respond = [](const auto&) { return answer(503); };
  submit(batch_of(1));
  bool waited_little = false;
  bool waited_much = false;
  while (now_ - start_ < 14min) {
    sender_->step(now_);
    if (sender_->next_event() == TimePoint::max()) continue;  // the reply is not heard yet
    const auto wait = sender_->next_event() - now_;
    const auto failures = std::min<std::size_t>(transport_.posts.size(), 20);
    const auto limit = std::min<std::chrono::milliseconds>(500ms * (1 << (failures - 1)), 30s);
    EXPECT_GE(wait, 0ms);
    EXPECT_LE(wait, limit);
    waited_little = waited_little || wait < limit / 4;
    waited_much = waited_much || wait > limit * 3 / 4;
    now_ = sender_->next_event();
  }
  EXPECT_TRUE(waited_little);
  EXPECT_TRUE(waited_much);
}

TEST_F(BatchSenderTest, obeys_retry_after) {
  transport_.queue.push_back(answer(429, {}, "17"));
  submit(batch_of(1));
  sender_->step(now_);
  sender_->step(now_);
  EXPECT_EQ(sender_->next_event(), now_ + 17s);
  sender_->step(now_ + 16s);
  EXPECT_EQ(transport_.posts.size(), 1U);
  sender_->step(now_ + 17s);
  EXPECT_EQ(transport_.posts.size(), 2U);
}

TEST_F(BatchSenderTest, clamps_a_retry_after_that_never_ends) {
  transport_.queue.push_back(answer(503, {}, "9223372036854775808"));
  submit(batch_of(1));
  sender_->step(now_);
  sender_->step(now_);
  EXPECT_EQ(sender_->next_event(), now_ + 30s);
}

TEST_F(BatchSenderTest, does_not_spin_on_a_retry_after_of_zero) {
  transport_.respond = [](const auto&) { return answer(503, {}, "0"); };
  submit(batch_of(1));
  run_until(start_ + 10min);
  EXPECT_LE(transport_.posts.size(), 30U);
}

TEST_F(BatchSenderTest, rejects_other_client_errors_at_once_and_warns_once_per_status) {
  make();
  int batches = 0;
  for (int round = 0; round < 3; ++round) {
    for (const int status : {400, 401, 403, 404, 422}) {
      transport_.queue.push_back(answer(status, "secret words of the service"));
      submit(batch_of(2));
      run();
      ++batches;
    }
  }
  expect_spans(0, 30);
  EXPECT_EQ(transport_.posts.size(), static_cast<std::size_t>(batches));
  EXPECT_EQ(warnings_[Warning::refused], 5);
  EXPECT_EQ(last_warning_.find("secret"), std::string::npos);
}

TEST_F(BatchSenderTest, does_not_follow_a_redirect) {
  make();
  for (int i = 0; i < 2; ++i) {
    transport_.queue.push_back(answer(301));
    submit(batch_of(2));
    run();
  }
  expect_spans(0, 4);
  EXPECT_EQ(warnings_[Warning::redirected], 1);
  EXPECT_NE(last_warning_.find("301"), std::string::npos);
}

TEST_F(BatchSenderTest, counts_partial_rejects_and_never_resends_them) {
  const auto partly = R"({"accepted":2,"rejected":[{"index":1,"error":"no"}]})";
  make();
  for (const int status : {200, 207}) {
    transport_.queue.push_back(answer(status, partly));
    submit(batch_of(3));
    run();
  }
  expect_spans(4, 2);
  EXPECT_EQ(transport_.posts.size(), 2U);
  EXPECT_EQ(warnings_[Warning::partly_rejected], 1);
}

TEST_F(BatchSenderTest, keeps_the_batch_when_nobody_confirmed_it) {
  auto cut = accepted(3);
  cut.body_cut = true;
  for (auto& reply : {answer(200, "<html>"), answer(200), answer(204), answer(200, "\x1f\x8b\x08"),
                      answer(200, R"({"accepted":)"), cut}) {
    transport_.queue.push_back(reply);
  }
  submit(batch_of(3));
  run();
  expect_spans(3, 0);
  EXPECT_EQ(transport_.posts.size(), 7U);
  EXPECT_EQ(warnings_[Warning::unusable_reply], 6);
}

TEST_F(BatchSenderTest, halves_a_batch_that_is_too_large_without_waiting) {
  transport_.respond = [](const auto& ids) { return ids.size() > 3 ? answer(413) : accepted(ids.size()); };
  submit(batch_of(10));
  run();
  expect_spans(10, 0);
  EXPECT_EQ(now_, start_);
  EXPECT_EQ(transport_.posts, (std::vector<std::vector<int>>{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
                                                             {0, 1, 2, 3, 4},
                                                             {0, 1},
                                                             {2, 3, 4},
                                                             {5, 6, 7, 8, 9},
                                                             {5, 6},
                                                             {7, 8, 9}}));
}

TEST_F(BatchSenderTest, one_oversize_item_never_blocks_the_others) {
  transport_.respond = [](const auto& ids) {
    const bool has_big = std::find(ids.begin(), ids.end(), 5) != ids.end();
    return has_big ? answer(413) : accepted(ids.size());
  };
  submit(batch_of(512));
  run();
  expect_spans(511, 1);
  EXPECT_EQ(warnings_[Warning::too_large], 1);
  EXPECT_LE(transport_.posts.size(), 20U);
}

TEST_F(BatchSenderTest, isolates_the_item_that_breaks_the_service) {
  for (const int poison : {0, 17, 63}) {
    transport_.respond = [poison](const auto& ids) {
      const bool poisoned = std::find(ids.begin(), ids.end(), poison) != ids.end();
      return poisoned ? answer(500) : accepted(ids.size());
    };
    total_ = {};
    make();
    submit(batch_of(64));
    run();
    expect_spans(63, 1);
  }
}

TEST_F(BatchSenderTest, gives_a_server_error_three_tries_before_it_halves) {
  for (int i = 0; i < 3; ++i) transport_.queue.push_back(answer(500));
  submit(batch_of(4));
  run();
  expect_spans(4, 0);
  ASSERT_EQ(transport_.posts.size(), 5U);
  EXPECT_EQ(transport_.posts[2].size(), 4U);
  EXPECT_EQ(transport_.posts[3].size(), 2U);
}

TEST_F(BatchSenderTest, expires_what_is_too_old_and_never_resends_what_was_accepted) {
  transport_.respond = [](const auto& ids) {
    if (ids.size() == 4) return answer(413);
    return ids.front() == 0 ? accepted(2) : answer(503);
  };
  submit(batch_of(4));
  run();
  expect_spans(2, 0, 2);
  EXPECT_EQ(now_, start_ + 15min);
  EXPECT_EQ(warnings_[Warning::expired], 1);
}

TEST_F(BatchSenderTest, a_warning_that_throws_does_not_stop_delivery) {
  transport_.queue.push_back(answer(503));
  sender_.emplace(transport_, RetryOptions{}, std::minstd_rand{7},
                  [](Warning, std::string_view) { throw std::runtime_error("host"); });
  submit(batch_of(1));
  run();
  expect_spans(1, 0);
}

TEST_F(BatchSenderTest, survives_options_that_make_no_sense) {
  const std::vector<std::chrono::milliseconds> values{std::chrono::milliseconds::min(), -1ms, 0ms,
                                                      std::chrono::milliseconds::max()};
  for (const auto value : values) {
    transport_.respond = [](const auto&) { return answer(503, {}, "99999999999"); };
    total_ = {};
    make({.initial_backoff = value,
          .max_backoff = value,
          .max_retry_age = value,
          .request_timeout = value,
          .connect_timeout = value,
          .breaker_threshold = 0,
          .breaker_cool_down = value,
          .breaker_jitter = value,
          .server_error_tries = 0});
    submit(batch_of(2));
    run_until(now_ + 10s);
    sender_->abandon();
    collect();
    const auto& spans = total_.of(Kind::spans);
    EXPECT_EQ(spans.expired + spans.abandoned, 2U);
  }
}

}  // namespace
}  // namespace llmtrace::exporting
