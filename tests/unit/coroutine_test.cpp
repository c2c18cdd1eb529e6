#include "support/coroutines.hpp"
#include "support/tracing.hpp"
#include <llmtrace/coroutine.hpp>
#include <llmtrace/llmtrace.hpp>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <version>
#if defined(__cpp_lib_generator)
#include <generator>
#endif

namespace llmtrace {
namespace {

using std::chrono::milliseconds;
using testing_support::Generator;
using testing_support::Later;
using testing_support::Task;
using testing_support::Tracing;

StreamOptions say() {
  StreamOptions options;
  options.name = "say";
  return options;
}

Generator<std::string> words(FakeClock& clock, std::string text, int times) {
  for (int i = 0; i < times; ++i) {
    clock.advance(milliseconds{10});
    co_yield text + std::to_string(i);
  }
}
Generator<std::string> broken(std::string text) {
  co_yield text;
  throw std::runtime_error{"cut off"};
}

TEST(TracedGenerator, lasts_until_it_is_consumed_and_keeps_its_type) {
  Tracing tracing;
  const auto traced_words = traced_generator(say(), &words);
  Generator<std::string> generator = traced_words(tracing.clock(), "hi", 3);
  tracing.clock().advance(milliseconds{100});
  EXPECT_TRUE(tracing.spans().empty());
  std::string text;
  for (const std::string& piece : generator) text += piece;
  EXPECT_EQ(text, "hi0hi1hi2");
  const SpanData span = tracing.span("say");
  EXPECT_EQ(span.output_text, "hi0hi1hi2");
  EXPECT_EQ(span.duration, milliseconds{130});
  EXPECT_EQ(span.time_to_first_token, milliseconds{110});
  EXPECT_EQ(span.chunk_count, 3);
  EXPECT_EQ(span.input.text, R"x(["(not shown)","hi",3])x") << "arguments are recorded like any function's";
}

TEST(TracedGenerator, that_throws_keeps_what_had_come) {
  Tracing tracing;
  auto generator = traced_generator(say(), &broken)("half");
  std::string text;
  try {
    for (const std::string& piece : generator) text += piece;
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "cut off");
  }
  EXPECT_EQ(text, "half");
  EXPECT_EQ(tracing.span("say").output_text, "half");
  EXPECT_EQ(tracing.span("say").error, "cut off");
  EXPECT_FALSE(tracing.span("say").cancelled);
}

TEST(TracedGenerator, that_is_never_resumed_is_cancelled) {
  Tracing tracing;
  {
    auto generator = traced_generator(say(), &broken)("x");
    EXPECT_TRUE(tracing.spans().empty());
  }
  const SpanData span = tracing.span("say");
  EXPECT_TRUE(span.cancelled);
  EXPECT_FALSE(span.chunk_count);
  EXPECT_EQ(span.error, "");
}

TEST(TracedGenerator, that_is_dropped_half_way_is_cancelled) {
  Tracing tracing;
  {
    auto generator = trace_generator(say(), words(tracing.clock(), "w", 5));
    auto at = generator.begin();
    ++at;
  }
  EXPECT_TRUE(tracing.span("say").cancelled);
  EXPECT_EQ(tracing.span("say").output_text, "w0w1");
}

TEST(TracedGenerator, moves_with_its_span) {
  Tracing tracing;
  auto first = trace_generator(say(), words(tracing.clock(), "w", 2));
  auto second = std::move(first);
  auto at = second.begin();
  auto third = std::move(second);
  ++at;
  EXPECT_EQ(*at, "w1");
  ++at;
  EXPECT_EQ(tracing.spans().size(), 1U);
  EXPECT_EQ(tracing.span("say").output_text, "w0w1");
}

// Resumed on one thread and then on another it used to leave its span on the first one's stack.
TEST(TracedGenerator, resumed_on_another_thread_keeps_its_parent_and_leaves_nothing_behind) {
  Tracing tracing;
  const auto inner = [](std::string) -> Generator<std::string> {
    for (int i = 0; i < 4; ++i) {
      { Span step{"step"}; }
      co_yield std::string(1, static_cast<char>('a' + i));
    }
  };
  {
    TraceScope trace{"request"};
    auto generator = traced_generator(say(), inner)("q");
    auto at = generator.begin();
    EXPECT_EQ(current_span().span_id(), trace.span_id());
    std::thread{[&] {
      EXPECT_FALSE(SpanContext::current().valid());
      ++at;
      EXPECT_FALSE(SpanContext::current().valid());
      { Span other{"other"}; }
    }}.join();
    EXPECT_EQ(current_span().span_id(), trace.span_id());
    std::thread{[&, moved = std::move(generator)]() mutable {
      while (at != moved.end()) ++at;
      EXPECT_FALSE(SpanContext::current().valid());
    }}.join();
  }
  const SpanData span = tracing.span("say");
  EXPECT_EQ(span.output_text, "abcd");
  EXPECT_EQ(span.parent_span_id, tracing.span("request").span_id);
  EXPECT_FALSE(tracing.span("other").parent_span_id.valid());
  int steps = 0;
  for (const SpanData& one : tracing.spans()) {
    if (one.name != "step") continue;
    ++steps;
    EXPECT_EQ(one.parent_span_id, span.span_id);
    EXPECT_EQ(one.trace_id, span.trace_id);
  }
  EXPECT_EQ(steps, 4);
  EXPECT_EQ(tracing.stats().ended_on_other_thread, 0U);
  EXPECT_EQ(tracing.stats().orphans, 0U);
}

struct Token {
  explicit Token(const char* of) : text{std::make_unique<std::string>(of)} {}
  std::unique_ptr<std::string> text;
};
Generator<Token> tokens() {
  Token one{"one "};
  co_yield std::move(one);
  Token two{"two"};
  co_yield std::move(two);
}

TEST(TracedGenerator, projects_pieces_that_only_move) {
  Tracing tracing;
  auto generator = tokens();
  auto stream = trace_stream(say(), std::move(generator),
                             [](const Token& token) -> const std::string& { return *token.text; });
  std::string text;
  for (Token& token : stream) text += *std::exchange(token.text, nullptr);
  EXPECT_EQ(text, "one two");
  EXPECT_EQ(tracing.span("say").output_text, "one two");
}

TEST(TracedGenerator, is_the_bare_generator_without_a_tracer) {
  FakeClock clock;
  std::string text;
  for (const std::string& piece : traced_generator(say(), &words)(clock, "w", 2)) text += piece;
  EXPECT_EQ(text, "w0w1");
}

#if defined(__cpp_lib_generator)
std::generator<std::string> standard_words() {
  co_yield "a";
  co_yield "b";
}
TEST(TracedGenerator, may_be_the_standards) {
  Tracing tracing;
  std::string text;
  for (const std::string& piece : traced_generator(say(), &standard_words)()) text += piece;
  EXPECT_EQ(text, "ab");
  EXPECT_EQ(tracing.span("say").output_text, "ab");
}
#endif

struct Answer {
  std::string text;
  struct {
    int input_tokens = 0;
    int output_tokens = 0;
  } usage;
};

Task<std::string> ask(Later<Answer>& later) {
  Answer answer = co_await traced("ask", later, SpanKind::llm);
  co_return answer.text;
}

TEST(TracedAwaitable, lasts_until_its_result_and_records_it) {
  Tracing tracing;
  Later<Answer> later;
  {
    TraceScope trace{"request"};
    auto task = ask(later);
    EXPECT_FALSE(task.done());
    tracing.clock().advance(milliseconds{20});
    EXPECT_EQ(current_span().span_id(), trace.span_id());
    std::thread{[&] { later.arrive({"yes", {3, 4}}); }}.join();
    EXPECT_TRUE(task.done());
    EXPECT_EQ(task.get(), "yes");
  }
  const SpanData span = tracing.span("ask");
  EXPECT_EQ(span.duration, milliseconds{20});
  EXPECT_EQ(span.output.text, "yes");
  EXPECT_EQ(span.tokens("input"), 3);
  EXPECT_EQ(span.tokens("output"), 4);
  EXPECT_EQ(span.parent_span_id, tracing.span("request").span_id);
}

TEST(TracedAwaitable, records_what_is_thrown_and_lets_it_through) {
  Tracing tracing;
  Later<Answer> later;
  auto task = ask(later);
  later.fail(std::make_exception_ptr(std::out_of_range{"no seat"}));
  EXPECT_THROW(task.get(), std::out_of_range);
  EXPECT_EQ(tracing.span("ask").error, "no seat");
}

TEST(TracedAwaitable, that_is_dropped_is_cancelled) {
  Tracing tracing;
  Later<Answer> later;
  { auto task = ask(later); }
  EXPECT_TRUE(tracing.span("ask").cancelled);
}

struct ByMember {
  auto operator co_await() const { return std::suspend_never{}; }
};
struct ByFunction {
  explicit ByFunction(int number) : value{std::make_unique<int>(number)} {}
  std::unique_ptr<int> value;
};
struct ByFunctionAwaiter {
  std::unique_ptr<int> value;
  bool await_ready() const { return true; }
  void await_suspend(std::coroutine_handle<>) const {}
  std::unique_ptr<int> await_resume() { return std::move(value); }
};
ByFunctionAwaiter operator co_await(ByFunction&& waits) { return {std::move(waits.value)}; }

Task<int> await_all_kinds(int& out) {
  co_await traced("member", ByMember{});
  std::unique_ptr<int> value = co_await traced("function", ByFunction{7});
  out = *value;
  co_return *value;
}

TEST(TracedAwaitable, takes_every_kind_of_awaitable) {
  Tracing tracing;
  int out = 0;
  EXPECT_EQ(await_all_kinds(out).get(), 7);
  EXPECT_EQ(tracing.spans().size(), 2U);
}

}  // namespace
}  // namespace llmtrace
