#include <llmtrace/setting.hpp>
#include <llmtrace/tracer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <type_traits>

namespace llmtrace {
namespace {

TEST(Setting, IsUnsetUntilAValueIsGiven) {
  Setting<double> rate;
  EXPECT_FALSE(rate.has_value());
  EXPECT_FALSE(rate);
  EXPECT_EQ(rate.value_or(0.5), 0.5);
  rate = 0;
  EXPECT_TRUE(rate);
  EXPECT_EQ(*rate, 0.0);
  EXPECT_EQ(rate.value_or(0.5), 0.0);
  rate = std::nullopt;
  EXPECT_FALSE(rate);
  rate = 1;
  rate = {};
  EXPECT_FALSE(rate);
}

TEST(Setting, FalseIsAValue) {
  const Setting<bool> inputs = false;
  ASSERT_TRUE(inputs);
  EXPECT_FALSE(*inputs);
}

TEST(Setting, TakesWhatAnOptionalHolds) {
  Options options;
  options.sample_rate = std::optional<double>{0.25};
  EXPECT_EQ(options.sample_rate.value_or(1), 0.25);
  options.sample_rate = std::optional<double>{};
  EXPECT_FALSE(options.sample_rate);
}

TEST(Setting, TakesAnyUnitThatLosesNothing) {
  using std::chrono::milliseconds;
  const Setting<milliseconds> wait = std::chrono::seconds{2};
  EXPECT_EQ(*wait, milliseconds{2000});
  EXPECT_EQ(*Setting<milliseconds>{milliseconds{7}}, milliseconds{7});
  static_assert(!std::is_convertible_v<int, Setting<milliseconds>>);
}

TEST(Setting, IsNamedInAList) {
  const TailRule rule{"chat", SpanKind::llm, {}, "*", 0.5};
  ASSERT_TRUE(rule.kind);
  EXPECT_EQ(*rule.kind, SpanKind::llm);
  const BatchOptions batch{100, std::chrono::milliseconds{20}, 1024, false};
  EXPECT_EQ(*batch.max_spans, 100U);
}

}  // namespace
}  // namespace llmtrace
