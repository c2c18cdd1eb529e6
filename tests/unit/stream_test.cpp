#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/stream.hpp>

#include <list>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace llmtrace {
namespace {

using std::chrono::milliseconds;
using testing_support::Tracing;

StreamOptions chat() {
  StreamOptions options;
  options.name = "chat";
  options.model = "gpt-4o";
  options.provider = "openai";
  return options;
}

using Texts = std::vector<std::string>;

// Comes with time: each piece takes the clock on.
class Slow {
 public:
  Slow(FakeClock& clock, Texts texts) : clock_{&clock}, texts_{std::move(texts)} {}

  class Iterator {
   public:
    explicit Iterator(Slow* of) : of_{of} {}
    const std::string& operator*() const { return of_->texts_[of_->at_]; }
    Iterator& operator++() {
      ++of_->at_;
      of_->advance();
      return *this;
    }
    bool operator==(const Iterator&) const { return of_->at_ == of_->texts_.size(); }
    bool operator!=(const Iterator&) const { return of_->at_ != of_->texts_.size(); }

   private:
    Slow* of_;
  };
  Iterator begin() {
    advance();
    return Iterator{this};
  }
  Iterator end() { return Iterator{this}; }

 private:
  void advance() {
    clock_->advance(milliseconds{10});
    if (at_ < texts_.size() && texts_[at_] == "!") throw std::runtime_error{"connection lost"};
  }

  FakeClock* clock_;
  Texts texts_;
  std::size_t at_ = 0;
};

std::string read_all(TracedStream<Slow, detail::AsItIs>& stream) {
  std::string text;
  for (const std::string& piece : stream) text += piece;
  return text;
}

TEST(TracedStream, ends_its_span_when_it_is_consumed) {
  Tracing tracing;
  {
    auto stream = trace_stream(chat(), Slow{tracing.clock(), {"", "Hel", "lo"}});
    tracing.clock().advance(milliseconds{100});
    EXPECT_TRUE(tracing.spans().empty()) << "not when the call returns";
    EXPECT_EQ(read_all(stream), "Hello");
    EXPECT_EQ(tracing.spans().size(), 1U) << "and not when the object dies";
    tracing.clock().advance(milliseconds{1000});
  }
  const SpanData span = tracing.span("chat");
  EXPECT_EQ(span.kind, SpanKind::llm);
  EXPECT_EQ(span.model, "gpt-4o");
  EXPECT_EQ(span.output_text, "Hello");
  EXPECT_EQ(span.output.text, "Hello");
  EXPECT_EQ(span.duration, milliseconds{140});
  EXPECT_EQ(span.time_to_first_token, milliseconds{120}) << "an empty piece is no content";
  EXPECT_EQ(span.chunk_count, 3);
  EXPECT_TRUE(span.stream);
  EXPECT_FALSE(span.cancelled);
  EXPECT_EQ(span.status, Status::ok);
}

TEST(TracedStream, that_is_dropped_is_cancelled_with_what_had_come) {
  Tracing tracing;
  {
    auto stream = trace_stream(chat(), Slow{tracing.clock(), {"one ", "two ", "three"}});
    int pieces = 0;
    for (const std::string& piece : stream) {
      static_cast<void>(piece);
      if (++pieces == 2) break;
    }
  }
  const SpanData span = tracing.span("chat");
  EXPECT_EQ(span.output_text, "one two ");
  EXPECT_TRUE(span.cancelled);
  EXPECT_EQ(span.status, Status::ok);
}

TEST(TracedStream, that_nobody_reads_is_cancelled_without_a_piece) {
  Tracing tracing;
  static_cast<void>(trace_stream(chat(), Texts{"a"}));
  const SpanData span = tracing.span("chat");
  EXPECT_TRUE(span.cancelled);
  EXPECT_FALSE(span.chunk_count);
  EXPECT_FALSE(span.time_to_first_token);
  EXPECT_TRUE(span.output_text.empty());
}

TEST(TracedStream, that_throws_keeps_its_text_and_its_exception) {
  Tracing tracing;
  auto stream = trace_stream(chat(), Slow{tracing.clock(), {"par", "tial", "!"}});
  try {
    read_all(stream);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "connection lost");
  }
  const SpanData span = tracing.span("chat");
  EXPECT_EQ(span.output_text, "partial");
  EXPECT_EQ(span.error, "connection lost");
  EXPECT_EQ(span.error_type, "std::runtime_error");
  EXPECT_EQ(span.status, Status::error);
  EXPECT_FALSE(span.cancelled);
}

TEST(TracedStream, is_empty_when_its_range_is) {
  Tracing tracing;
  auto stream = trace_stream(chat(), Texts{});
  for (const auto& piece : stream) FAIL() << piece;
  EXPECT_FALSE(tracing.span("chat").cancelled);
}

TEST(TracedStream, moves_with_its_span) {
  Tracing tracing;
  auto stream = trace_stream(chat(), Texts{"a", "b"});
  auto moved = std::move(stream);
  std::string text;
  for (const auto& piece : moved) text += piece;
  EXPECT_EQ(text, "ab");
  EXPECT_EQ(tracing.spans().size(), 1U);
  EXPECT_EQ(tracing.span("chat").output_text, "ab");
}

TEST(TracedStream, refers_to_a_range_that_has_a_name) {
  Tracing tracing;
  const std::list<std::string> texts{"x", "y"};
  auto stream = trace_stream(chat(), texts);
  for (const std::string& piece : stream) EXPECT_TRUE(&piece == &texts.front() || &piece == &texts.back());
  EXPECT_EQ(tracing.span("chat").output_text, "xy");
  const char* const array[] = {"1", "2"};
  auto options = chat();
  options.name = "array";
  auto of_array = trace_stream(options, array);
  for (const char* piece : of_array) EXPECT_NE(piece, nullptr);
  EXPECT_EQ(tracing.span("array").output_text, "12");
  options.name = "ends";
  auto of_ends = trace_stream(options, StreamEnds<const char* const*, const char* const*>{array, array + 1});
  for (const char* piece : of_ends) EXPECT_STREQ(piece, "1");
  EXPECT_EQ(tracing.span("ends").output_text, "1");
}

struct Delta {
  std::optional<std::string> content;
};
struct Chunk {
  struct Choice {
    Delta delta;
    std::string finish_reason;
  };
  struct Counts {
    int prompt_tokens = 0;
    int completion_tokens = 0;
    int total_tokens = 0;
  };
  std::vector<Choice> choices;
  std::optional<Counts> usage;
  std::string model;
};

std::vector<Chunk> chunks() {
  return {{{{{std::nullopt}, ""}}, {}, "gpt-4o-2024-08-06"},
          {{{{"On its "}, ""}}, {}, ""},
          {{{{"way."}, "stop"}}, {}, ""},
          {{}, Chunk::Counts{12, 5, 17}, ""}};
}

TEST(TracedStream, knows_the_pieces_of_clients) {
  Tracing tracing;
  auto stream = trace_stream(chat(), chunks());
  for (const Chunk& chunk : stream) static_cast<void>(chunk);
  const SpanData span = tracing.span("chat");
  EXPECT_EQ(span.output_text, "On its way.");
  EXPECT_EQ(span.tokens("input"), 12);
  EXPECT_EQ(span.tokens("output"), 5);
  EXPECT_EQ(span.tokens("total"), 17);
  EXPECT_EQ(span.response_model, "gpt-4o-2024-08-06");
  EXPECT_EQ(span.finish_reasons, std::vector<std::string>{"stop"});
}

TEST(TracedStream, takes_a_projection_of_any_piece) {
  Tracing tracing;
  auto stream =
      trace_stream(chat(), std::vector<int>{4, 2}, [](int piece) { return std::to_string(piece) + ","; });
  int sum = 0;
  for (const int piece : stream) sum += piece;
  EXPECT_EQ(sum, 6);
  EXPECT_EQ(tracing.span("chat").output_text, "4,2,");
}

TEST(TracedStream, gives_what_runs_inside_its_span_as_the_parent) {
  Tracing tracing;
  struct Opens {
    std::vector<int> values{1, 2};
    auto begin() {
      Span span{"connect", SpanKind::tool};
      return values.begin();
    }
    auto end() { return values.end(); }
  };
  {
    TraceScope trace{"request"};
    auto stream = trace_stream(chat(), Opens{}, [](int) { return "x"; });
    for (const int value : stream) {
      static_cast<void>(value);
      EXPECT_EQ(current_span().span_id(), trace.span_id()) << "the consumer is not inside of the stream";
    }
  }
  EXPECT_EQ(tracing.span("connect").parent_span_id, tracing.span("chat").span_id);
  EXPECT_EQ(tracing.span("chat").parent_span_id, tracing.span("request").span_id);
}

TEST(StreamRecorder, may_be_read_on_another_thread) {
  Tracing tracing;
  {
    TraceScope trace{"request"};
    auto stream = trace_stream(chat(), Texts{"a", "b"});
    std::thread{[moved = std::move(stream)]() mutable {
      for (const auto& piece : moved) static_cast<void>(piece);
      EXPECT_FALSE(SpanContext::current().valid());
    }}.join();
    EXPECT_EQ(current_span().span_id(), trace.span_id());
  }
  EXPECT_EQ(tracing.span("chat").parent_span_id, tracing.span("request").span_id);
  EXPECT_EQ(tracing.span("chat").output_text, "ab");
  EXPECT_EQ(tracing.stats().ended_on_other_thread, 0U);
}

TEST(StreamRecorder, records_a_clients_callback) {
  Tracing tracing;
  StreamRecorder recorder{chat()};
  std::string shown;
  const auto call = [](auto&& on_text) {
    const char text[] = {'o', 'n', 'e'};
    on_text(text, sizeof(text));
    on_text(std::string_view{" two"}.data(), std::size_t{4});
  };
  call(recorder.on_piece([&](const char* text, std::size_t size) { shown.append(text, size); }));
  recorder.finish();
  EXPECT_EQ(shown, "one two");
  EXPECT_EQ(tracing.span("chat").output_text, "one two");
  EXPECT_FALSE(tracing.span("chat").cancelled);
}

TEST(StreamRecorder, is_cancelled_by_a_callback_that_wants_no_more) {
  Tracing tracing;
  StreamRecorder recorder{chat()};
  auto on_piece = recorder.on_piece([](const std::string& text) { return text != "stop"; });
  EXPECT_TRUE(on_piece(std::string{"go"}));
  EXPECT_FALSE(on_piece(std::string{"stop"}));
  recorder.finish();
  EXPECT_TRUE(tracing.span("chat").cancelled);
  EXPECT_EQ(tracing.span("chat").output_text, "gostop");
}

TEST(StreamRecorder, keeps_reasoning_apart) {
  Tracing tracing;
  StreamRecorder recorder{chat()};
  tracing.clock().advance(milliseconds{5});
  recorder.reasoning("let me ");
  recorder.text("A");
  recorder.reasoning("see");
  recorder.text("B");
  recorder.finish();
  EXPECT_EQ(tracing.span("chat").reasoning, "let me see");
  EXPECT_EQ(tracing.span("chat").output_text, "AB");
  EXPECT_EQ(tracing.span("chat").time_to_first_token, milliseconds{5}) << "reasoning is content";
}

TEST(StreamRecorder, cuts_long_text_and_tells_its_size) {
  Tracing tracing{[](Options& options) { options.limits.output_bytes = 10; }};
  StreamRecorder recorder{chat()};
  for (int i = 0; i < 5; ++i) recorder.text("12345");
  recorder.finish();
  const SpanData span = tracing.span("chat");
  EXPECT_EQ(span.output_text, "1234512345");
  ASSERT_EQ(span.truncated.size(), 1U);
  EXPECT_EQ(span.truncated[0], (std::pair<std::string, std::int64_t>{"output_text", 25}));
}

TEST(StreamRecorder, shows_no_text_where_outputs_are_not_captured) {
  for (const bool globally : {true, false}) {
    Tracing tracing{[&](Options& options) { options.capture.outputs = !globally; }};
    StreamOptions options = chat();
    options.capture_outputs = globally;
    StreamRecorder recorder{options};
    recorder.text("secret").usage({1, 2});
    recorder.finish();
    const SpanData span = tracing.span("chat");
    EXPECT_TRUE(span.output_text.empty());
    EXPECT_EQ(span.tokens("output"), 2);
    EXPECT_EQ(span.chunk_count, 1);
    EXPECT_TRUE(span.time_to_first_token);
  }
}

TEST(StreamRecorder, leaves_what_the_program_has_set) {
  Tracing tracing;
  {
    Span span{"mine", SpanKind::llm};
    span.set_model("my-model").set_usage({7, 8}).set_output("mine");
    StreamRecorder recorder{chat()};
    recorder.text("theirs").usage({1, 2, 3});
    recorder.finish();
  }
  const SpanData span = tracing.span("mine");
  EXPECT_EQ(span.model, "my-model");
  EXPECT_EQ(span.provider, "openai");
  EXPECT_EQ(span.output.text, "mine");
  EXPECT_EQ(span.tokens("input"), 7);
  EXPECT_EQ(span.tokens("total"), 3);
}

TEST(StreamRecorder, does_nothing_without_a_tracer) {
  auto stream = trace_stream(chat(), Texts{"a"});
  std::string text;
  for (const auto& piece : stream) text += piece;
  EXPECT_EQ(text, "a");
}

TEST(StreamRecorder, of_a_trace_that_is_not_kept_carries_its_decision_on) {
  Tracing tracing{[](Options& options) { options.sample_rate = 0; }};
  auto stream = trace_stream(chat(), Texts{"a"}, [](const std::string&) -> std::string {
    ADD_FAILURE() << "a projection is not asked when nothing records";
    return {};
  });
  for (const auto& piece : stream) static_cast<void>(piece);
  EXPECT_TRUE(tracing.spans().empty());
}

TEST(StreamRecorder, survives_its_tracer) {
  std::optional<StreamRecorder> recorder;
  {
    Tracer own{[] {
      auto options = test_options(std::make_shared<MemoryExporter>());
      return options;
    }()};
    Span span{own, "mine", SpanKind::llm};
    recorder.emplace(chat());
    recorder->text("a");
  }
  recorder->text("b");
  recorder->finish();
}

}  // namespace
}  // namespace llmtrace
