// What waits beside the journal, and what becomes of it.
#include "export/held_traces.hpp"

#include "support/record_builder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace llmtrace::exporting {
namespace {

using detail::Tag;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing_support::RecordBuilder;
using Taken = HeldTraces::Taken;

constexpr unsigned root = detail::flag_root | detail::flag_header;

class HeldTracesTest : public ::testing::Test {
 protected:
  static TailSettings none_kept() {
    TailSettings tail;
    tail.rate = 0;
    return tail;
  }
  void use(TailSettings tail, bool live = true) {
    held_ =
        std::make_unique<HeldTraces>(HoldSettings{live, std::move(tail), std::nullopt}, decisions_, &clock_);
  }
  Taken take(RecordBuilder& record) { return held_->take(record.view(), now_); }
  Taken start(std::uint64_t trace) {
    RecordBuilder record{"root"};
    return take(record.ids(trace, 1, 0).flags(root).trace_start());
  }
  Taken step(std::uint64_t trace, std::string_view name = "step", unsigned flags = 0) {
    RecordBuilder record{name};
    return take(record.ids(trace, 2, 1).flags(flags));
  }
  Taken end(std::uint64_t trace, std::int64_t ticks = 1'000'000, unsigned flags = 0) {
    RecordBuilder record{"root"};
    return take(record.ids(trace, 1, 0).flags(root | flags).ticks(0, ticks));
  }
  // The ids of the traces that are ready, in the order of their records.
  std::vector<std::uint64_t> ready() {
    std::vector<std::uint64_t> ids;
    for (; held_->has_ready(); held_->pop())
      ids.push_back(core::RecordView::parse(held_->front())->head().trace_low);
    return ids;
  }

  core::ClockMap clock_;
  std::shared_ptr<TailDecisions> decisions_ = std::make_shared<TailDecisions>();
  HeldTraces::TimePoint now_{seconds{1000}};
  std::unique_ptr<HeldTraces> held_;
};

using Ids = std::vector<std::uint64_t>;

// What an exporter wants that must know parents before their children.
TEST_F(HeldTracesTest, parts_of_traces_that_began_elsewhere_wait_for_the_first_of_them) {
  held_ = std::make_unique<HeldTraces>(HoldSettings{false, std::nullopt, seconds{30}}, decisions_, &clock_);
  EXPECT_EQ(step(7), Taken::held);
  EXPECT_EQ(step(8), Taken::held);
  EXPECT_EQ(ready(), Ids{});
  EXPECT_EQ(step(7, "first", detail::flag_root), Taken::held);
  EXPECT_EQ(ready(), (Ids{7, 7}));
  EXPECT_EQ(held_->next_expiry(), now_ + seconds{30});
  now_ += seconds{30};
  held_->expire(now_);
  EXPECT_EQ(ready(), Ids{8});
  EXPECT_EQ(held_->next_expiry(), HeldTraces::TimePoint::max());
  EXPECT_EQ(held_->spans(), 0U);
}

TEST_F(HeldTracesTest, what_comes_after_the_end_of_a_trace_of_ours_waits_for_nothing) {
  held_ = std::make_unique<HeldTraces>(HoldSettings{false, std::nullopt, seconds{30}}, decisions_, &clock_);
  EXPECT_EQ(start(7), Taken::held);
  EXPECT_EQ(step(7), Taken::held);
  now_ += seconds{60};
  held_->expire(now_);
  EXPECT_EQ(ready(), Ids{}) << "its root is known and will end";
  EXPECT_EQ(end(7), Taken::held);
  EXPECT_EQ(ready(), (Ids{7, 7, 7}));
  EXPECT_EQ(step(7), Taken::not_held);
  EXPECT_EQ(held_->spans(), 0U);
}

TEST_F(HeldTracesTest, what_nothing_speaks_for_is_left_out_and_counted) {
  use(none_kept());
  EXPECT_EQ(start(7), Taken::held);
  EXPECT_EQ(step(7), Taken::held);
  EXPECT_EQ(held_->spans(), 1U);
  EXPECT_EQ(end(7), Taken::held);
  EXPECT_EQ(ready(), Ids{});
  EXPECT_EQ(held_->spans(), 0U);
  EXPECT_EQ(held_->not_kept().spans, 2U);
  EXPECT_EQ(held_->not_kept().traces, 1U);
}

TEST_F(HeldTracesTest, an_error_keeps_the_whole_trace_from_then_on) {
  use(none_kept());
  EXPECT_EQ(start(7), Taken::held);
  EXPECT_EQ(step(7), Taken::held);
  EXPECT_EQ(step(8), Taken::held);
  EXPECT_EQ(step(7, "broken", detail::flag_error), Taken::held);
  EXPECT_EQ(ready(), (Ids{7, 7, 7})) << "from its beginning, and in order";
  EXPECT_EQ(end(7), Taken::not_held);
  EXPECT_EQ(held_->spans(), 1U);
}

TEST_F(HeldTracesTest, errors_can_be_let_go) {
  TailSettings tail = none_kept();
  tail.keep_errors = false;
  use(std::move(tail));
  EXPECT_EQ(end(7, 1, detail::flag_error), Taken::held);
  EXPECT_EQ(ready(), Ids{});
  EXPECT_EQ(held_->not_kept().errors, 1U);
}

TEST_F(HeldTracesTest, slow_ones_are_kept) {
  TailSettings tail = none_kept();
  tail.slower_than = milliseconds{5};
  use(std::move(tail));
  EXPECT_EQ(end(7, 4'000'000), Taken::held);
  EXPECT_EQ(ready(), Ids{});
  EXPECT_EQ(end(8, 6'000'000), Taken::held);
  EXPECT_EQ(ready(), Ids{8});
}

TEST_F(HeldTracesTest, dear_ones_are_kept_by_the_sum_of_their_spans) {
  TailSettings tail = none_kept();
  tail.dearer_than = 0.10;
  use(std::move(tail));
  for (const std::uint64_t trace : Ids{7, 8}) {
    for (std::uint64_t calls = 0; calls + 6 < trace; ++calls) {
      RecordBuilder call{"call"};
      call.writer().real(Tag::cost, {}, 0.08);
      call.writer().int64(Tag::usage_input, {}, 100);
      EXPECT_EQ(take(call.ids(trace, 2, 1)), Taken::held);
    }
    static_cast<void>(end(trace));
  }
  EXPECT_EQ(ready(), (Ids{8, 8}));
  EXPECT_DOUBLE_EQ(held_->not_kept().cost_usd, 0.08);
  EXPECT_EQ(held_->not_kept().tokens_input, 100U);
}

TEST_F(HeldTracesTest, rules_go_by_name_kind_and_attribute_and_the_first_decides) {
  TailSettings tail;
  tail.rate = 1;
  TailRule health;
  health.name = "GET /health*";
  health.rate = 0;
  TailRule customers;
  customers.attribute = "plan";
  customers.value = "free*";
  customers.kind = SpanKind::llm;
  customers.rate = 0;
  tail.rules = {health, customers};
  use(std::move(tail));
  const auto with = [&](std::uint64_t trace, std::string_view name, SpanKind kind, std::string_view plan) {
    RecordBuilder record{name, kind};
    record.text(Tag::attribute, "plan", plan).ids(trace, 2, 1);
    EXPECT_EQ(take(record), Taken::held);
    EXPECT_EQ(end(trace), Taken::held);
  };
  with(1, "GET /healthz", SpanKind::tool, "paid");
  with(2, "GET /chat", SpanKind::llm, "free-trial");
  with(3, "GET /chat", SpanKind::tool, "free-trial");
  with(4, "GET /chat", SpanKind::llm, "paid");
  EXPECT_EQ(ready(), (Ids{3, 3, 4, 4}));
}

TEST_F(HeldTracesTest, what_waits_too_long_is_decided_by_its_rate_and_late_spans_follow) {
  use(none_kept());
  static_cast<void>(start(7));
  static_cast<void>(step(7));
  EXPECT_EQ(held_->next_expiry(), now_ + seconds{30});
  held_->expire(now_ + seconds{29});
  EXPECT_EQ(held_->spans(), 1U);
  held_->expire(now_ + seconds{30});
  EXPECT_EQ(held_->not_kept().spans, 1U);
  EXPECT_EQ(held_->next_expiry(), HeldTraces::TimePoint::max());
  EXPECT_EQ(step(7, "broken", detail::flag_error), Taken::not_kept) << "it is too late for that";
  EXPECT_EQ(end(7), Taken::not_kept);
  EXPECT_EQ(held_->not_kept().spans, 3U);
  EXPECT_EQ(held_->not_kept().traces, 1U);
}

TEST_F(HeldTracesTest, what_waits_longer_than_the_slow_ones_take_is_slow) {
  TailSettings tail = none_kept();
  tail.slower_than = seconds{20};
  use(std::move(tail));
  static_cast<void>(step(7));
  now_ += seconds{31};
  held_->expire(now_);
  EXPECT_EQ(ready(), Ids{7});
}

TEST_F(HeldTracesTest, beyond_its_room_the_oldest_is_decided) {
  TailSettings tail = none_kept();
  tail.buffer_bytes = 10'000;
  use(std::move(tail));
  static_cast<void>(step(1, "first"));
  for (int i = 0; i < 100; ++i) static_cast<void>(step(2, "second"));
  EXPECT_GT(held_->not_kept().spans, 1U);
  EXPECT_TRUE(decisions_->find({0x0af7651916cd43ddULL, 1}).has_value());
}

TEST_F(HeldTracesTest, other_exporters_decide_the_same) {
  use(none_kept());
  static_cast<void>(step(7, "broken", detail::flag_error));
  EXPECT_EQ(ready(), Ids{7});
  HeldTraces other{HoldSettings{true, none_kept()}, decisions_, &clock_};
  RecordBuilder record{"step"};
  record.ids(7, 2, 1);
  EXPECT_EQ(other.take(record.view(), now_), Taken::not_held);
}

TEST_F(HeldTracesTest, the_end_decides_all) {
  use(none_kept());
  static_cast<void>(step(7));
  TailSettings all;
  all.rate = 1;
  held_->release_all(now_);
  EXPECT_EQ(held_->not_kept().spans, 1U);
  EXPECT_EQ(step(8), Taken::held) << "decided at once";
  EXPECT_EQ(held_->spans(), 0U);
}

TEST_F(HeldTracesTest, without_tail_rules_only_the_roots_of_this_process_are_waited_for) {
  held_ = std::make_unique<HeldTraces>(HoldSettings{false, std::nullopt}, nullptr, &clock_);
  EXPECT_EQ(step(7), Taken::not_held);
  EXPECT_EQ(start(8), Taken::held);
  EXPECT_EQ(step(8), Taken::held);
  EXPECT_EQ(held_->next_expiry(), HeldTraces::TimePoint::max());
  EXPECT_EQ(end(8), Taken::held);
  EXPECT_EQ(ready(), (Ids{8, 8, 8}));
}

TEST(TailRate, keeps_its_share_independently_of_the_rate_at_the_beginning) {
  std::size_t kept = 0;
  std::size_t of_low_ids = 0;
  constexpr std::size_t count = 20'000;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (is_within_rate({1, i << 40}, 0.25)) ++kept;
    if (is_within_rate({1, i}, 0.25)) ++of_low_ids;
  }
  for (const std::size_t share : {kept, of_low_ids}) {
    EXPECT_GT(share, count * 23 / 100);
    EXPECT_LT(share, count * 27 / 100);
  }
  EXPECT_FALSE(is_within_rate({1, 2}, 0));
  EXPECT_TRUE(is_within_rate({1, 2}, 1));
}

TEST(TailDecisions, forget_the_oldest) {
  TailDecisions decisions{2};
  EXPECT_TRUE(decisions.decide({1, 1}, true));
  EXPECT_TRUE(decisions.decide({1, 1}, false)) << "the first word counts";
  EXPECT_FALSE(decisions.decide({1, 2}, false));
  EXPECT_FALSE(decisions.decide({1, 3}, false));
  EXPECT_FALSE(decisions.find({1, 1}).has_value());
  EXPECT_EQ(decisions.find({1, 2}), false);
}

}  // namespace
}  // namespace llmtrace::exporting
