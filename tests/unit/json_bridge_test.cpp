#include "support/tracing.hpp"
#include <llmtrace/json.hpp>
#include <llmtrace/llmtrace.hpp>

#include <limits>
#include <string>
#include <vector>

namespace llmtrace {
namespace {

using nlohmann::json;
using testing_support::Tracing;
using Type = RecordedValue::Type;

RecordedValue recorded(const json& value) {
  Tracing tracing;
  { Span{"s"}.set_output(value); }
  return tracing.span("s").output;
}
json round_trip(const json& value) { return json::parse(recorded(value).text, nullptr, false); }

TEST(JsonBridge, objects_and_arrays_arrive_as_they_are) {
  const json value = {
      {"text", "hi"}, {"n", -3},         {"big", 18446744073709551615ULL},     {"real", 0.5},
      {"flag", true}, {"null", nullptr}, {"list", {1, "two", json::object()}}, {"empty", json::array()}};
  EXPECT_EQ(recorded(value).type, Type::json);
  EXPECT_EQ(round_trip(value), value);
}

TEST(JsonBridge, scalars_are_what_they_are) {
  EXPECT_EQ(recorded(json("text")).type, Type::text);
  EXPECT_EQ(recorded(json("text")).text, "text");
  EXPECT_EQ(recorded(json(5)).integer, 5);
  EXPECT_EQ(recorded(json(5U)).integer, 5);
  EXPECT_TRUE(recorded(json(true)).boolean);
  EXPECT_DOUBLE_EQ(recorded(json(0.25)).real, 0.25);
  EXPECT_EQ(recorded(json(nullptr)).type, Type::null);
}

// It converts to text implicitly, and throws when it holds anything else.
TEST(JsonBridge, a_number_is_not_converted_to_text) {
  Tracing tracing;
  const json number = 7;
  EXPECT_NO_THROW(Span{"s"}.set("k", number).set_input(number).set_metadata("m", number));
  EXPECT_EQ(tracing.span("s").attribute("k")->integer, 7);
}

TEST(JsonBridge, discarded_and_binary_values_are_null) {
  EXPECT_EQ(recorded(json::parse("{broken", nullptr, false)).type, Type::null);
  EXPECT_EQ(round_trip({{"blob", json::binary({1, 2, 3})}}), json({{"blob", nullptr}}));
}

TEST(JsonBridge, invalid_utf8_throws_nothing) {
  EXPECT_NO_THROW({ EXPECT_EQ(recorded(json("\xff")).text, "\xff"); });
}

TEST(JsonBridge, what_is_too_deep_says_so) {
  json deep = 1;
  for (int level = 0; level < 2000; ++level) deep = json::array({std::move(deep)});
  const RecordedValue value = recorded(deep);
  EXPECT_EQ(value.type, Type::json);
  EXPECT_NE(value.text.find("(too deep)"), std::string::npos);
  EXPECT_TRUE(json::accept(value.text)) << value.text;
}

TEST(JsonBridge, values_lie_inside_others) {
  Tracing tracing;
  const json part = {{"a", 1}};
  {
    Span span{"s"};
    span.set_output({{"part", part}, {"many", std::vector<json>{1, "x"}}});
    span.set({{"attribute", part}});
    span.add_event("event", {{"detail", part}});
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(json::parse(span.output.text), json::parse(R"({"part":{"a":1},"many":[1,"x"]})"));
  EXPECT_EQ(span.attribute("attribute")->text, R"({"a":1})");
  ASSERT_EQ(span.events.size(), 1U);
  EXPECT_EQ(span.events[0].attributes[0].second.text, R"({"a":1})");
}

TEST(JsonBridge, takes_the_ordered_kind_as_well) {
  Tracing tracing;
  { Span{"s"}.set_output(nlohmann::ordered_json{{"z", 1}, {"a", 2}}); }
  EXPECT_EQ(tracing.span("s").output.text, R"({"z":1,"a":2})");
}

TEST(JsonBridge, options_hold_it) {
  Tracing tracing;
  {
    TraceOptions options;
    options.input = json{{"question", "why"}};
    TraceScope trace{"t", options};
  }
  EXPECT_EQ(tracing.trace("t").input.text, R"({"question":"why"})");
}

}  // namespace
}  // namespace llmtrace
