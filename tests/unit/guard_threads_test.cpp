#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace llmtrace {
namespace {

using testing_support::Tracing;

template <class Run>
void on_another_thread(Run&& run) {
  std::thread thread{std::forward<Run>(run)};
  thread.join();
}

TEST(GuardThreads, each_thread_has_spans_of_its_own) {
  Tracing tracing;
  Span here{"here"};
  on_another_thread([] {
    EXPECT_FALSE(current_span());
    Span there{"there"};
  });
  EXPECT_FALSE(tracing.span("there").parent_span_id.valid());
}

TEST(GuardThreads, a_guard_that_ends_elsewhere_is_counted_and_not_current_any_more) {
  Tracing tracing;
  auto span = std::make_unique<Span>("moved");
  on_another_thread([&span] { span.reset(); });
  EXPECT_FALSE(current_span());
  EXPECT_FALSE(SpanContext::current().valid());
  { Span fresh{"fresh"}; }
  EXPECT_FALSE(tracing.span("fresh").parent_span_id.valid());
  EXPECT_EQ(tracing.stats().ended_on_other_thread, 1U);
  EXPECT_EQ(tracing.stats().ended, 2U);
}

TEST(GuardThreads, a_guard_in_the_middle_that_ends_elsewhere_does_not_disturb_its_neighbours) {
  Tracing tracing;
  Span outer{"outer"};
  auto middle = std::make_unique<Span>("middle");
  {
    Span inner{"inner"};
    on_another_thread([&middle] {
      Span own{"own"};
      middle.reset();
      EXPECT_EQ(current_span().span_id(), own.span_id());
    });
    EXPECT_EQ(current_span().span_id(), inner.span_id());
  }
  EXPECT_EQ(current_span().span_id(), outer.span_id());
}

TEST(GuardThreads, a_guard_may_outlive_the_thread_that_made_it) {
  Tracing tracing;
  std::vector<std::unique_ptr<Span>> spans;
  for (int i = 0; i < 50; ++i)
    on_another_thread([&spans] { spans.push_back(std::make_unique<Span>("orphaned")); });
  for (auto& span : spans) {
    span->set("k", 1);
    span.reset();
  }
  EXPECT_EQ(tracing.spans().size(), 50U);
  EXPECT_EQ(tracing.stats().ended_on_other_thread, 50U);
}

TEST(GuardThreads, manual_spans_start_and_end_anywhere) {
  Tracing tracing;
  TraceScope trace{"t"};
  ManualSpan span = trace.child("m");
  on_another_thread([moved = std::move(span)]() mutable {
    moved.set("k", 1);
    moved.end();
  });
  EXPECT_EQ(tracing.span("m").trace_id, trace.context().trace_id());
  EXPECT_EQ(tracing.span("m").parent_span_id, trace.context().span_id());
  EXPECT_EQ(tracing.span("m").attribute("k")->integer, 1);
  EXPECT_EQ(tracing.stats().ended_on_other_thread, 0U);
}

// A view asks the record whether its span still lives, while the span's own thread ends it.
TEST(GuardThreads, a_parent_may_end_while_others_are_opened_below_it) {
  Tracing tracing;
  constexpr int rounds = 2000;
  for (int i = 0; i < rounds; ++i) {
    auto parent = std::make_unique<Span>("parent");
    const SpanRef view = parent->ref();
    std::thread child{[view] { Span span{view, "child"}; }};
    parent.reset();
    child.join();
  }
  tracing.flush();
  const Stats stats = tracing.stats();
  EXPECT_EQ(stats.ended, 2U * rounds);
  EXPECT_LE(stats.orphans, std::uint64_t{rounds});
}

TEST(GuardThreads, many_threads_with_deep_stacks_lose_nothing) {
  Tracing tracing{[](Options& options) { options.limits.memory = 64u << 20; }};
  constexpr int threads = 8;
  constexpr int rounds = 200;
  constexpr int depth = 20;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([] {
      for (int round = 0; round < rounds; ++round) {
        TraceScope trace{"t"};
        std::vector<std::unique_ptr<Span>> spans;
        for (int d = 0; d < depth; ++d) {
          spans.push_back(std::make_unique<Span>("s"));
          spans.back()->set("depth", d).set_output("text");
        }
        while (!spans.empty()) spans.pop_back();
      }
    });
  for (std::thread& thread : running) thread.join();
  EXPECT_EQ(tracing.spans().size(), std::size_t{threads} * rounds * (depth + 1));
}

TEST(GuardThreads, guards_are_handed_around_between_threads) {
  Tracing tracing;
  constexpr int threads = 4;
  constexpr int each = 500;
  std::vector<std::vector<std::unique_ptr<Span>>> handed(threads);
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&mine = handed[static_cast<std::size_t>(t)]] {
      for (int i = 0; i < each; ++i) mine.push_back(std::make_unique<Span>("s"));
    });
  for (std::thread& thread : running) thread.join();
  running.clear();
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&others = handed[static_cast<std::size_t>((t + 1) % threads)]] { others.clear(); });
  for (std::thread& thread : running) thread.join();
  tracing.flush();
  EXPECT_EQ(tracing.stats().ended, std::uint64_t{threads} * each);
  EXPECT_EQ(tracing.stats().ended_on_other_thread, std::uint64_t{threads} * each);
}

}  // namespace
}  // namespace llmtrace
