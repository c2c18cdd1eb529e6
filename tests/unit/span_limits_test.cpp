#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <gmock/gmock.h>

#include <string>
#include <utility>

namespace llmtrace {
namespace {

using testing_support::Tracing;
using Size = std::pair<std::string, std::int64_t>;

bool says_that_fields_were_dropped(const SpanData& span) {
  return span.attribute("llmtrace.fields_dropped") != nullptr;
}

// Each replacement used to move everything behind the head, however large and untouched.
TEST(SpanLimits, a_million_outputs_on_one_span_stay_small_and_cheap) {
  Tracing tracing;
  {
    Span span{"s"};
    span.set_input(std::string(1u << 20, 'i'));
    for (int i = 0; i < 1'000'000; ++i) span.set_output(i).set_usage({}).set_cost(i);
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.output.integer, 999'999);
  EXPECT_EQ(span.cost_usd, 999'999);
  EXPECT_EQ(span.input.text.size(), std::size_t{1} << 20);
  EXPECT_FALSE(says_that_fields_were_dropped(span));
}

TEST(SpanLimits, a_million_values_of_a_few_attributes_stay_a_few) {
  Tracing tracing{[](Options& options) { options.limits.span_bytes = 256u << 10; }};
  {
    Span span{"s"};
    const char* const keys[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 1'000'000; ++i) span.set(keys[i % 4], i);
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.attributes.size(), 4U);
  EXPECT_EQ(span.attribute("d")->integer, 999'999);
  EXPECT_FALSE(says_that_fields_were_dropped(span));
}

TEST(SpanLimits, a_million_outputs_that_are_each_cut_note_one_original_size) {
  Tracing tracing{[](Options& options) { options.limits.output_bytes = 8; }};
  {
    Span span{"s"};
    for (int i = 0; i < 100'000; ++i) span.set_output("longer than eight bytes");
    span.set_output("the very last of them");
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.output.text, "the very");
  EXPECT_THAT(span.truncated, ::testing::ElementsAre(Size{"output_data", 21}));
}

TEST(SpanLimits, an_attribute_that_replaces_a_cut_one_is_not_said_to_be_cut) {
  Tracing tracing{[](Options& options) { options.limits.attribute_bytes = 8; }};
  {
    Span span{"s"};
    span.set("short at last", "longer than eight bytes").set("short at last", "short");
    span.set("cut at last", "short").set("cut at last", "longer than eight bytes");
    span.set("cut twice", "longer than eight bytes").set("cut twice", "longer");
    span.set("cut twice", "longer than that");
    span.set("cut in one", "longer than eight bytes").set_metadata("cut in one", "short");
    span.set_parameter("list", std::vector<std::string>{"longer", "than", "eight"}).set_parameter("list", 1);
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.attribute("short at last")->text, "short");
  EXPECT_THAT(span.truncated, ::testing::UnorderedElementsAre(Size{"cut at last", 23}, Size{"cut twice", 16},
                                                              Size{"cut in one", 23}));
}

// What is set again and again is thrown out of the record now and then; the note of it is not.
TEST(SpanLimits, nor_is_one_that_is_set_a_thousand_times) {
  Tracing tracing{[](Options& options) {
    options.limits.attribute_bytes = 8;
    options.limits.attributes = 16;
  }};
  {
    Span span{"s"};
    span.set("k", "longer than eight bytes");
    for (int i = 0; i < 1000; ++i) span.set("k", i);
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.attribute("k")->integer, 999);
  EXPECT_TRUE(span.truncated.empty());
}

TEST(SpanLimits, a_value_that_replaces_a_cut_one_is_not_said_to_be_cut) {
  Tracing tracing{[](Options& options) { options.limits.output_bytes = 8; }};
  { Span{"s"}.set_output("longer than eight bytes").set_output("short"); }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.output.text, "short");
  EXPECT_TRUE(span.truncated.empty());
}

TEST(SpanLimits, more_attributes_than_the_limit_are_left_out_and_said_to_be) {
  Tracing tracing{[](Options& options) { options.limits.attributes = 10; }};
  {
    Span span{"s"};
    for (int i = 0; i < 5000; ++i) span.set("key" + std::to_string(i), i);
  }
  const SpanData span = tracing.span("s");
  EXPECT_TRUE(says_that_fields_were_dropped(span));
  EXPECT_GE(span.attributes.size(), 10U);
  EXPECT_LE(span.attributes.size(), 22U) << "twice as many, before they are looked through, and the mark";
  EXPECT_EQ(span.attribute("key0")->integer, 0);
}

TEST(SpanLimits, events_links_and_messages_are_bounded_as_well) {
  Tracing tracing{[](Options& options) { options.limits.attributes = 10; }};
  {
    Span span{"s", SpanKind::llm};
    for (int i = 0; i < 5000; ++i) {
      span.add_event("e", {{"i", i}})
          .add_message("user", "hi")
          .add_link(SpanContext{TraceId{1, 1}, SpanId{1}});
      span.score("s", 1).add_finish_reason("stop").set_metadata("m" + std::to_string(i), i);
    }
  }
  const SpanData span = tracing.span("s");
  const std::size_t kept = span.events.size() + span.messages.size() + span.links.size() +
                           span.scores.size() + span.finish_reasons.size() + span.metadata.size();
  EXPECT_LE(kept, 22U);
  EXPECT_TRUE(says_that_fields_were_dropped(span));
}

TEST(SpanLimits, a_span_never_grows_beyond_its_limit_and_is_kept) {
  Tracing tracing{[](Options& options) {
    options.limits.span_bytes = 64u << 10;
    options.limits.attribute_bytes = 8u << 10;
  }};
  {
    Span span{"s"};
    for (int i = 0; i < 100; ++i) span.set("k" + std::to_string(i), std::string(6000, 'x'));
    span.set_status(Status::error);
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.status, Status::error);
  EXPECT_TRUE(says_that_fields_were_dropped(span));
  EXPECT_GE(span.attributes.size(), 9U);
  EXPECT_LE(span.attributes.size(), 12U);
}

TEST(SpanLimits, text_is_cut_between_code_points_with_its_original_size) {
  Tracing tracing{[](Options& options) {
    options.limits.input_bytes = 10;
    options.limits.output_bytes = 10;
    options.limits.attribute_bytes = 4;
  }};
  {
    Span span{"s"};
    span.set_input(
        "123456789\xc3\xa9"
        "0");  // é lies over the limit
    span.set_output(
        "12345678\xf0\x9f\x98\x80"
        "0");  // so does a smiley
    span.set("euro", "12\xe2\x82\xac").set("exact", "1234").set("bytes", "\x80\x80\x80\x80\x80\x80");
    span.set_metadata("m", "12345");
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.input.text, "123456789");
  EXPECT_EQ(span.output.text, "12345678");
  EXPECT_EQ(span.attribute("euro")->text, "12");
  EXPECT_EQ(span.attribute("exact")->text, "1234");
  EXPECT_EQ(span.attribute("bytes")->text, "\x80\x80\x80\x80") << "no UTF-8 anyway";
  EXPECT_THAT(span.truncated,
              ::testing::UnorderedElementsAre(Size{"input_data", 12}, Size{"output_data", 13},
                                              Size{"euro", 5}, Size{"bytes", 6}, Size{"m", 5}));
}

TEST(SpanLimits, a_name_of_a_megabyte_is_cut) {
  Tracing tracing;
  const std::string name(1u << 20, 'n');
  {
    TraceScope trace{name};
    Span span{"s"};
    span.set_name(name);
    ManualSpan manual = start_span(name);
  }
  for (const SpanData& span : tracing.spans()) {
    EXPECT_EQ(span.name.size(), 1024U);
    EXPECT_THAT(span.truncated, ::testing::ElementsAre(Size{"name", 1 << 20}));
  }
  EXPECT_EQ(tracing.trace(std::string(1024, 'n')).name.size(), 1024U);
}

TEST(SpanLimits, a_key_of_a_megabyte_is_cut) {
  Tracing tracing;
  const std::string key(1u << 20, 'k');
  { Span{"s"}.set(key, 1).set_metadata(key, 2).add_event(key, {{key, 3}}).score(key, 4); }
  const SpanData span = tracing.span("s");
  ASSERT_EQ(span.attributes.size(), 1U);
  EXPECT_EQ(span.attributes[0].first.size(), 1024U);
  EXPECT_EQ(span.metadata[0].first.size(), 1024U);
  EXPECT_EQ(span.events[0].name.size(), 1024U);
  EXPECT_EQ(span.events[0].attributes[0].first.size(), 1024U);
}

TEST(SpanLimits, empty_names_and_keys_are_fine) {
  Tracing tracing;
  { Span{""}.set("", 1).set_metadata("", "x").add_event("").set_model(""); }
  const SpanData span = tracing.span("");
  EXPECT_EQ(span.attribute("")->integer, 1);
}

TEST(SpanLimits, twenty_megabytes_of_prompt_keep_the_span) {
  Tracing tracing;
  { Span{"s", SpanKind::llm}.set_input(std::string(20u << 20, 'p')).set_output("short"); }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.input.text.size(), std::size_t{1} << 20);
  EXPECT_EQ(span.output.text, "short");
  EXPECT_THAT(span.truncated, ::testing::ElementsAre(Size{"input_data", 20 << 20}));
}

TEST(SpanLimits, a_span_that_the_journal_cannot_hold_is_too_large) {
  Tracing tracing{[](Options& options) {
    options.limits.memory = 256u << 10;
    options.limits.span_bytes = 64u << 20;
  }};
  { Span{"large"}.set_output(std::string(1u << 20, 'x')); }
  { Span{"usual"}.set_output(std::string(100u << 10, 'x')); }
  EXPECT_EQ(tracing.span("usual").output.text.size(), 100U << 10);
  const Stats stats = tracing.stats();
  EXPECT_EQ(stats.ended, 1U);
  EXPECT_EQ(stats.dropped_before.too_large, 1U);
}

TEST(SpanLimits, a_span_that_nobody_asked_to_be_larger_fits_into_a_small_journal) {
  Tracing tracing{[](Options& options) { options.limits.memory = 256u << 10; }};
  { Span{"s"}.set_output(std::string(1u << 20, 'x')); }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.output.text.size(), 127U << 10);
  EXPECT_THAT(span.truncated, ::testing::ElementsAre(Size{"output_data", 1 << 20}));
}

// The buffers that a thread keeps are of all its tracers: a span in one could be larger than its own tracer
// allowed, and was dropped where it would have begun a segment.
TEST(SpanLimits, a_buffer_of_another_tracer_makes_no_span_too_large) {
  {
    Tracing generous;
    Span{"s"}.set_input(std::string(7000, 'x'));
  }
  Tracing tracing{[](Options& options) {
    options.limits.span_bytes = 0;
    options.limits.memory = 0;
  }};
  constexpr int count = 50;
  for (int i = 0; i < count; ++i) {
    {
      Span span{"s"};
      for (const char* key : {"a", "b", "c", "d"}) span.set(key, std::string(3000, 'x'));
    }
    tracing.flush();
  }
  EXPECT_EQ(tracing.stats().ended, std::uint64_t{count});
}

TEST(SpanLimits, open_spans_are_capped_and_counted) {
  Tracing tracing{[](Options& options) { options.limits.open_spans = 100; }};
  {
    TraceScope trace{"t"};
    std::vector<ManualSpan> many;
    for (int i = 0; i < 1000; ++i) many.push_back(start_span("m"));
    EXPECT_FALSE(many.back().recording());
    EXPECT_TRUE(many.back().context().valid()) << "what is below it still belongs to the trace";
    const Stats stats = tracing.stats();
    EXPECT_EQ(stats.open, 100U);
    EXPECT_EQ(stats.dropped_before.open_span_limit, 901U);
    EXPECT_TRUE(testing_support::balanced(stats));
  }
  EXPECT_EQ(tracing.spans().size(), 100U);
  { Span again{"again"}; }
  EXPECT_EQ(tracing.span("again").name, "again");
}

}  // namespace
}  // namespace llmtrace
