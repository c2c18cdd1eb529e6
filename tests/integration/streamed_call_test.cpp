// One streamed call, traced by the function that makes it and by the client that it uses. In another SDK this
// gave two traces, of which one held a generator object instead of the text.
#include "support/coroutines.hpp"
#include "support/tracing.hpp"
#include <llmtrace/coroutine.hpp>
#include <llmtrace/llmtrace.hpp>

#include <optional>
#include <string>
#include <vector>

namespace llmtrace {
namespace {

using std::chrono::milliseconds;
using testing_support::Generator;
using testing_support::Tracing;

struct Chunk {
  struct Choice {
    struct {
      std::string content;
    } delta;
  };
  struct Counts {
    int prompt_tokens = 0;
    int completion_tokens = 0;
  };
  std::vector<Choice> choices;
  std::optional<Counts> usage;
};

Chunk text_chunk(const std::string& text) { return {{{{text}}}, {}}; }
std::vector<Chunk> reply() {
  return {
      text_chunk(""), text_chunk("Hi, "), text_chunk("there"), text_chunk("!"), {{}, Chunk::Counts{9, 4}}};
}
const std::string whole = "Hi, there!";

// What the provider's library is: each chunk takes 10 ms.
Generator<Chunk> send(FakeClock& clock) {
  for (const Chunk& chunk : reply()) {
    clock.advance(milliseconds{10});
    co_yield chunk;
  }
}

StreamOptions client_level() {
  StreamOptions options;
  options.name = "openai.chat";
  options.model = "gpt-3.5-turbo-16k";
  options.provider = "openai";
  options.operation = "chat";
  return options;
}
StreamOptions function_level(SpanKind kind) {
  StreamOptions options;
  options.name = "hi";
  options.kind = kind;
  return options;
}

std::string text_of(const Chunk& chunk) {
  return chunk.choices.empty() ? std::string{} : chunk.choices[0].delta.content;
}

// Reads it to its end; the consumer takes its time before it begins, and after each piece.
template <class Stream>
std::string consume(Stream&& stream, FakeClock& clock) {
  clock.advance(milliseconds{100});
  std::string text;
  for (auto&& piece : stream) {
    if constexpr (std::is_same_v<std::decay_t<decltype(piece)>, std::string>)
      text += piece;
    else
      text += text_of(piece);
    clock.advance(milliseconds{1});
  }
  clock.advance(milliseconds{1000});
  return text;
}

std::vector<SpanData> of_kind(SpanKind kind, const std::vector<SpanData>& spans) {
  std::vector<SpanData> found;
  for (const SpanData& span : spans)
    if (span.kind == kind) found.push_back(span);
  return found;
}

// Pieces come 110, 121, 132, 143 and 154 ms after the call; the second is the first with content, and the end
// is found 1 ms after the last.
void expect_whole(const SpanData& span) {
  EXPECT_EQ(span.output.text, whole) << span.name;
  EXPECT_EQ(span.duration, milliseconds{155}) << span.name;
  EXPECT_EQ(span.time_to_first_token, milliseconds{121}) << span.name;
  EXPECT_EQ(span.status, Status::ok);
  EXPECT_FALSE(span.cancelled);
}

void expect_llm(const SpanData& span) {
  expect_whole(span);
  EXPECT_EQ(span.output_text, whole);
  EXPECT_EQ(span.tokens("input"), 9);
  EXPECT_EQ(span.tokens("output"), 4);
}

void expect_one_trace(Tracing& tracing, std::size_t spans) {
  const auto all = tracing.spans();
  EXPECT_EQ(all.size(), spans);
  for (const SpanData& span : all) EXPECT_EQ(span.trace_id, all.front().trace_id);
  std::size_t ended = 0;
  for (const TraceData& trace : tracing.traces())
    if (trace.state != TraceData::State::running) ++ended;
  EXPECT_EQ(ended, 1U);
}

void expect_function_around_llm(Tracing& tracing) {
  expect_one_trace(tracing, 2);
  const auto spans = tracing.spans();
  ASSERT_EQ(of_kind(SpanKind::llm, spans).size(), 1U);
  const SpanData function = tracing.span("hi");
  const SpanData call = tracing.span("openai.chat");
  expect_whole(function);
  expect_llm(call);
  EXPECT_EQ(call.parent_span_id, function.span_id);
  EXPECT_EQ(function.input.text, "Greet me");
  EXPECT_TRUE(function.usage.empty()) << "tokens are counted once";
  EXPECT_EQ(tracing.stats().double_traces_merged, 0U);
}

void expect_one_llm_span(Tracing& tracing, const std::string& name, unsigned merged) {
  expect_one_trace(tracing, 1);
  const SpanData span = tracing.span(name);
  EXPECT_EQ(span.kind, SpanKind::llm);
  expect_llm(span);
  EXPECT_EQ(tracing.stats().double_traces_merged, merged);
}

// The client, traced or not. What it hands out is read later than the call.
auto traced_client(FakeClock& clock) { return trace_stream(client_level(), send(clock)); }

TEST(StreamedCall, of_a_traced_client_alone) {
  Tracing tracing;
  const auto hi = [&](const std::string&) { return traced_client(tracing.clock()); };
  EXPECT_EQ(consume(hi("Greet me"), tracing.clock()), whole);
  expect_one_llm_span(tracing, "openai.chat", 0);
  EXPECT_EQ(tracing.span("openai.chat").model, "gpt-3.5-turbo-16k");
}

TEST(StreamedCall, of_a_traced_function_alone) {
  Tracing tracing;
  auto hi =
      traced_stream(function_level(SpanKind::llm), [&](const std::string&) { return send(tracing.clock()); });
  EXPECT_EQ(consume(hi("Greet me"), tracing.clock()), whole);
  expect_one_llm_span(tracing, "hi", 0);
  EXPECT_EQ(tracing.span("hi").input.text, "Greet me");
}

TEST(StreamedCall, of_both_is_a_function_and_one_llm_span) {
  Tracing tracing;
  auto hi = traced("hi", [&](const std::string&) { return traced_client(tracing.clock()); });
  EXPECT_EQ(consume(hi("Greet me"), tracing.clock()), whole);
  expect_function_around_llm(tracing);
}

TEST(StreamedCall, of_both_as_streams_is_a_function_and_one_llm_span) {
  Tracing tracing;
  auto hi = traced_stream(function_level(SpanKind::function),
                          [&](const std::string&) { return traced_client(tracing.clock()); });
  EXPECT_EQ(consume(hi("Greet me"), tracing.clock()), whole);
  expect_one_trace(tracing, 2);
  expect_llm(tracing.span("openai.chat"));
  expect_whole(tracing.span("hi"));
}

auto macro_level(const std::string& question, FakeClock& clock) {
  TRACE_FUNCTION_AS("hi", SpanKind::function, question);
  return TRACE_RETURN(traced_client(clock));
}

TEST(StreamedCall, handed_on_by_a_function_with_macros) {
  Tracing tracing;
  EXPECT_EQ(consume(macro_level("Greet me", tracing.clock()), tracing.clock()), whole);
  expect_one_trace(tracing, 2);
  expect_whole(tracing.span("hi"));
  expect_llm(tracing.span("openai.chat"));
  EXPECT_EQ(tracing.span("hi").input.text, R"({"question":"Greet me"})");
}

// The guard dies when the function returns, long before the stream ends.
TEST(StreamedCall, in_a_users_llm_guard_is_that_guards_span) {
  Tracing tracing;
  const auto hi = [&](const std::string& question) {
    Span span{"hi", SpanKind::llm};
    span.set_input(question);
    return traced_client(tracing.clock());
  };
  EXPECT_EQ(consume(hi("Greet me"), tracing.clock()), whole);
  expect_one_llm_span(tracing, "hi", 1);
  EXPECT_EQ(tracing.span("hi").input.text, "Greet me");
  EXPECT_EQ(tracing.span("hi").model, "gpt-3.5-turbo-16k");
}

TEST(StreamedCall, in_traced_llm_is_one_span) {
  Tracing tracing;
  auto hi = traced_llm({"gpt-3.5-turbo-16k", "openai", "chat"},
                       [&](const std::string&) { return traced_client(tracing.clock()); });
  EXPECT_EQ(consume(hi("Greet me"), tracing.clock()), whole);
  expect_one_llm_span(tracing, "chat gpt-3.5-turbo-16k", 1);
}

TEST(StreamedCall, that_is_dropped_is_cancelled_at_both_levels) {
  Tracing tracing;
  {
    auto stream = traced("hi", [&](int) { return traced_client(tracing.clock()); })(1);
    auto at = stream.begin();
    ++at;
  }
  expect_one_trace(tracing, 2);
  for (const char* name : {"hi", "openai.chat"}) {
    EXPECT_TRUE(tracing.span(name).cancelled) << name;
    EXPECT_EQ(tracing.span(name).output.text, "Hi, ") << name;
  }
}

// The same with coroutines.
Generator<Chunk> traced_client_generator(FakeClock& clock) {
  return trace_generator(client_level(), send(clock));
}
Generator<std::string> hi_over(Generator<Chunk> (*client)(FakeClock&), FakeClock& clock) {
  Generator<Chunk> chunks = client(clock);
  for (const Chunk& chunk : chunks) co_yield text_of(chunk);
}
Generator<std::string> hi_coroutine(std::string, FakeClock& clock) {
  return hi_over(&traced_client_generator, clock);
}
Generator<std::string> untraced_hi(std::string, FakeClock& clock) { return hi_over(&send, clock); }

TEST(StreamedCoroutine, of_a_traced_client_alone) {
  Tracing tracing;
  EXPECT_EQ(consume(traced_client_generator(tracing.clock()), tracing.clock()), whole);
  expect_one_llm_span(tracing, "openai.chat", 0);
}

TEST(StreamedCoroutine, of_a_traced_function_alone) {
  Tracing tracing;
  auto hi = traced_generator(function_level(SpanKind::function), &untraced_hi);
  EXPECT_EQ(consume(hi("Greet me", tracing.clock()), tracing.clock()), whole);
  expect_one_trace(tracing, 1);
  expect_whole(tracing.span("hi"));
  EXPECT_TRUE(tracing.span("hi").usage.empty()) << "nobody told, and nothing is guessed";
}

// The client's span begins when the generator is first resumed: that is when the call is made.
TEST(StreamedCoroutine, of_both_is_a_function_and_one_llm_span) {
  Tracing tracing;
  auto hi = traced_generator(function_level(SpanKind::function), &hi_coroutine);
  EXPECT_EQ(consume(hi("Greet me", tracing.clock()), tracing.clock()), whole);
  expect_one_trace(tracing, 2);
  expect_whole(tracing.span("hi"));
  const SpanData call = tracing.span("openai.chat");
  EXPECT_EQ(call.kind, SpanKind::llm);
  EXPECT_EQ(call.output_text, whole);
  EXPECT_EQ(call.duration, milliseconds{55});
  EXPECT_EQ(call.time_to_first_token, milliseconds{21});
  EXPECT_EQ(call.tokens("input"), 9);
  EXPECT_EQ(call.tokens("output"), 4);
  EXPECT_EQ(call.parent_span_id, tracing.span("hi").span_id);
  EXPECT_EQ(tracing.stats().double_traces_merged, 0U);
}

TEST(StreamedCoroutine, of_both_as_llm_is_one_span) {
  Tracing tracing;
  auto hi = traced_generator(function_level(SpanKind::llm), &hi_coroutine);
  EXPECT_EQ(consume(hi("Greet me", tracing.clock()), tracing.clock()), whole);
  expect_one_trace(tracing, 1);
  const SpanData span = tracing.span("hi");
  EXPECT_EQ(span.output_text, whole);
  EXPECT_EQ(span.duration, milliseconds{155});
  EXPECT_EQ(span.time_to_first_token, milliseconds{121});
  EXPECT_EQ(span.tokens("output"), 4);
  EXPECT_EQ(span.model, "gpt-3.5-turbo-16k");
  EXPECT_EQ(span.chunk_count, 5);
  EXPECT_EQ(tracing.stats().double_traces_merged, 1U);
}

TEST(StreamedCoroutine, two_calls_in_one_llm_function_are_two_spans) {
  Tracing tracing;
  const auto twice = [&](int) -> Generator<std::string> {
    for (int i = 0; i < 2; ++i)
      for (const Chunk& chunk : traced_client_generator(tracing.clock())) co_yield text_of(chunk);
  };
  auto hi = traced_generator(function_level(SpanKind::llm), twice);
  EXPECT_EQ(consume(hi(1), tracing.clock()), whole + whole);
  expect_one_trace(tracing, 2);
  EXPECT_EQ(tracing.span("hi").output_text, whole);
  EXPECT_EQ(tracing.span("openai.chat").output_text, whole);
  EXPECT_EQ(tracing.stats().double_traces_merged, 1U);
}

}  // namespace
}  // namespace llmtrace
