#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>

namespace llmtrace {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using testing_support::Tracing;

TEST(SpanFields, every_setter_arrives) {
  Tracing tracing;
  {
    Span span{"first name", SpanKind::llm};
    Usage usage;
    usage.input = 10;
    usage.output = 20;
    usage.input_cached = 4;
    span.set_name("chat").set_model("gpt-4o").set_provider("openai").set_operation("complete");
    span.set_agent_type("planner")
        .set_response_model("gpt-4o-2024")
        .set_response_id("r1")
        .add_finish_reason("stop");
    span.set_input("question").set_output("answer", usage, 0.5);
    span.set("a", 1).set({{"b", "two"}, {"c", true}}).set_metadata("m", 1).set_metadata({{"n", 2}});
    span.set_parameters({{"temperature", 0.5}}).set_parameter("top_p", 1);
    span.set_status(Status::ok, "fine").score("helpful", 0.75, "judged").score("plain", 1);
  }
  const SpanData span = tracing.span("chat");
  EXPECT_EQ(span.kind, SpanKind::llm);
  EXPECT_EQ(span.model, "gpt-4o");
  EXPECT_EQ(span.provider, "openai");
  EXPECT_EQ(span.operation, "complete");
  EXPECT_EQ(span.agent_type, "planner");
  EXPECT_EQ(span.response_model, "gpt-4o-2024");
  EXPECT_EQ(span.response_id, "r1");
  EXPECT_THAT(span.finish_reasons, ElementsAre("stop"));
  EXPECT_EQ(span.input.text, "question");
  EXPECT_EQ(span.output.text, "answer");
  EXPECT_EQ(span.tokens("input"), 10);
  EXPECT_EQ(span.tokens("output"), 20);
  EXPECT_EQ(span.tokens("input_cached"), 4);
  EXPECT_EQ(span.tokens("total"), std::nullopt);
  EXPECT_EQ(span.cost_usd, 0.5);
  EXPECT_EQ(span.attributes.size(), 3U);
  EXPECT_EQ(span.metadata.size(), 2U);
  EXPECT_EQ(span.parameters.size(), 2U);
  EXPECT_EQ(span.status, Status::ok);
  EXPECT_EQ(span.status_message, "fine");
  ASSERT_EQ(span.scores.size(), 2U);
  EXPECT_EQ(span.scores[0].name, "helpful");
  EXPECT_EQ(span.scores[0].value, 0.75);
  EXPECT_EQ(span.scores[0].comment, "judged");
}

TEST(SpanFields, unknown_stays_absent) {
  Tracing tracing;
  { Span{"s", SpanKind::llm}.set_output("x", {}).set_cost(unknown_cost).set_cost(-1); }
  const SpanData span = tracing.span("s");
  EXPECT_TRUE(span.usage.empty());
  EXPECT_EQ(span.cost_usd, std::nullopt);
  EXPECT_EQ(span.input.type, RecordedValue::Type::null);
  EXPECT_TRUE(span.model.empty());
}

TEST(SpanFields, the_last_value_wins) {
  Tracing tracing;
  {
    Span span{"first"};
    span.set_name("second").set_input("one").set_input(2).set_model("a").set_model("b");
    span.set("k", "old").set("other", 1).set("k", "new").set_metadata("m", 1).set_metadata("m", 2);
    span.set_parameter("p", 1).set_parameter("p", 2).set_cost(1).set_cost(2);
  }
  const SpanData span = tracing.span("second");
  EXPECT_EQ(span.input.integer, 2);
  EXPECT_EQ(span.model, "b");
  EXPECT_EQ(span.attributes.size(), 2U);
  EXPECT_EQ(span.attribute("k")->text, "new");
  EXPECT_EQ(span.metadata_field("m")->integer, 2);
  ASSERT_EQ(span.parameters.size(), 1U);
  EXPECT_EQ(span.parameters[0].second.integer, 2);
  EXPECT_EQ(span.cost_usd, 2);
}

TEST(SpanFields, events_links_messages_and_reasons_are_all_kept) {
  Tracing tracing;
  const SpanContext other{TraceId{1, 2}, SpanId{3}};
  {
    Span span{"s", SpanKind::llm};
    tracing.clock().advance(std::chrono::seconds{1});
    span.add_event("retry").add_event("retry", {{"attempt", 2}}).add_link(other).add_link(other);
    span.add_message("user", "hi").set_messages({{"assistant", "hello"}, {"user", "bye"}});
    span.add_finish_reason("a").add_finish_reason("a");
  }
  const SpanData span = tracing.span("s");
  ASSERT_EQ(span.events.size(), 2U);
  EXPECT_EQ(span.events[0].name, "retry");
  EXPECT_EQ(span.events[0].time, span.start_time + std::chrono::seconds{1});
  EXPECT_EQ(span.events[1].attributes[0].second.integer, 2);
  ASSERT_EQ(span.links.size(), 2U);
  EXPECT_EQ(span.links[0].trace_id, (TraceId{1, 2}));
  EXPECT_EQ(span.links[0].span_id, SpanId{3});
  EXPECT_THAT(span.messages,
              ElementsAre(Pair("user", "hi"), Pair("assistant", "hello"), Pair("user", "bye")));
  EXPECT_THAT(span.finish_reasons, ElementsAre("a", "a"));
}

TEST(SpanFields, well_known_attributes_fill_the_typed_fields) {
  Tracing tracing;
  {
    Span span{"s", SpanKind::llm};
    span.set({{"llm.model", "m"}, {"gen_ai.provider.name", "p"}, {"llm.input_tokens", 3}});
    span.set({{"gen_ai.usage.output_tokens", 4}, {"llm.operation", "chat"}, {"llm.response", "text"}});
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.model, "m");
  EXPECT_EQ(span.provider, "p");
  EXPECT_EQ(span.tokens("input"), 3);
  EXPECT_EQ(span.tokens("output"), 4);
  EXPECT_EQ(span.operation, "chat");
  EXPECT_EQ(span.output.text, "text");
}

TEST(SpanFields, callables_run_only_when_the_span_records) {
  int runs = 0;
  const auto number = [&runs] { return ++runs; };
  const auto document = [&runs] { return "[" + std::to_string(++runs) + "]"; };
  const auto fill = [&](Span& span) {
    span.set("k", number).set_metadata("m", number).set_parameter("p", number).set_input(number);
    span.set_output(number).set_output(number, Usage{}, 0.5).add_message("user", document);
    span.set_messages_json(document);
  };
  const auto fill_json = [&](Span& span) { span.set_input_json(document).set_output_json(document); };
  {
    Span nobody_listens{"s"};
    fill(nobody_listens);
    fill_json(nobody_listens);
  }
  EXPECT_EQ(runs, 0);
  Tracing tracing;
  {
    Span span{"s", SpanKind::llm};
    fill(span);
    Span other{"json"};
    fill_json(other);
  }
  EXPECT_EQ(runs, 10);
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.attribute("k")->integer, 1);
  EXPECT_EQ(span.metadata_field("m")->integer, 2);
  EXPECT_EQ(span.parameters.at(0).second.integer, 3);
  EXPECT_EQ(span.input.integer, 4);
  EXPECT_EQ(span.output.integer, 6);
  EXPECT_EQ(span.cost_usd, 0.5);
  EXPECT_THAT(span.messages, ElementsAre(Pair("user", "[7]")));
  EXPECT_EQ(span.attribute("llm.messages")->text, R"([8,{"role":"user","content":"[7]"}])");
  const SpanData other = tracing.span("json");
  EXPECT_EQ(other.input.text, "[9]");
  EXPECT_EQ(other.output.text, "[10]");
}

TEST(SpanFields, what_a_callable_throws_goes_to_its_caller) {
  Tracing tracing;
  Span span{"s"};
  const auto fail = []() -> int { throw std::runtime_error{"no value"}; };
  EXPECT_THROW(span.set_metadata("m", fail), std::runtime_error);
  EXPECT_THROW(span.set_parameter("p", fail), std::runtime_error);
}

TEST(SpanFields, capture_can_be_switched_off) {
  Tracing tracing{[](Options& options) {
    options.capture.inputs = false;
    options.capture.outputs = false;
  }};
  {
    TraceOptions options;
    options.input = "secret";
    TraceScope trace{"t", options};
    SpanOptions of_span;
    of_span.input = "secret";
    Span span{"s", SpanKind::llm, of_span};
    Usage usage;
    usage.input = 1;
    span.set_input("secret")
        .set_output("secret", usage, 1)
        .add_message("user", "secret")
        .set_messages_json("[1]");
    span.set("kept", "yes");
    trace.set_output("secret");
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.input.type, RecordedValue::Type::null);
  EXPECT_EQ(span.output.type, RecordedValue::Type::null);
  EXPECT_TRUE(span.messages.empty());
  EXPECT_EQ(span.tokens("input"), 1);
  EXPECT_EQ(span.attribute("kept")->text, "yes");
  EXPECT_EQ(tracing.trace("t").input.type, RecordedValue::Type::null);
  EXPECT_EQ(tracing.trace("t").output.type, RecordedValue::Type::null);
}

TEST(SpanFields, times_come_from_the_clock) {
  Tracing tracing;
  {
    Span span{"s"};
    tracing.clock().advance(std::chrono::milliseconds{10});
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.duration, std::chrono::milliseconds{10});
  EXPECT_EQ(span.start_time.time_since_epoch(), std::chrono::nanoseconds{1'767'225'601'000'000'000});
}

TEST(SpanFields, a_step_of_the_wall_clock_does_not_touch_a_duration) {
  Tracing tracing;
  {
    Span span{"s"};
    tracing.clock().advance(std::chrono::milliseconds{10});
    tracing.clock().step_wall(-std::chrono::hours{1});
    tracing.clock().advance(std::chrono::milliseconds{5});
  }
  EXPECT_EQ(tracing.span("s").duration, std::chrono::milliseconds{15});
}

TEST(SpanFields, ids_are_those_of_the_source) {
  Tracing tracing;
  {
    TraceScope trace{"t"};
    EXPECT_EQ(trace.span_id(), "0000000000000001");
    EXPECT_EQ(trace.trace_id(), "00000000000000020000000000000003");
  }
  const SpanData span = tracing.span("t");
  EXPECT_EQ(to_hex(span.trace_id), "00000000000000020000000000000003");
  EXPECT_EQ(to_hex(span.span_id), "0000000000000001");
  EXPECT_FALSE(span.parent_span_id.valid());
}

}  // namespace
}  // namespace llmtrace
