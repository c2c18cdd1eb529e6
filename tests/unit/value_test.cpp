#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace {
namespace {

using testing_support::Tracing;
using Type = RecordedValue::Type;

RecordedValue text(std::string value) {
  RecordedValue recorded;
  recorded.type = Type::text;
  recorded.text = std::move(value);
  return recorded;
}
RecordedValue json(std::string value) {
  RecordedValue recorded = text(std::move(value));
  recorded.type = Type::json;
  return recorded;
}
RecordedValue boolean(bool value) {
  RecordedValue recorded;
  recorded.type = Type::boolean;
  recorded.boolean = value;
  return recorded;
}
RecordedValue integer(std::int64_t value) {
  RecordedValue recorded;
  recorded.type = Type::integer;
  recorded.integer = value;
  return recorded;
}
RecordedValue real(double value) {
  RecordedValue recorded;
  recorded.type = Type::real;
  recorded.real = value;
  return recorded;
}

void print_value(const RecordedValue& value, std::ostream& out) {
  out << "type " << static_cast<int>(value.type) << " " << value.boolean << " " << value.integer << " "
      << value.real << " \"" << value.text << "\"";
}

// A value as it arrives at an exporter, as an attribute and as an output.
void expect_recorded(const Value& value, const RecordedValue& expected) {
  Tracing tracing;
  {
    Span span{"s"};
    span.set("k", value).set_output(value).set_metadata("m", value);
  }
  const SpanData data = tracing.span("s");
  for (const RecordedValue* got : {data.attribute("k"), &data.output, data.metadata_field("m")}) {
    ASSERT_NE(got, nullptr);
    std::ostringstream seen;
    print_value(*got, seen);
    EXPECT_EQ(*got, expected) << seen.str();
  }
}

TEST(Value, a_literal_is_text_and_never_a_bool) {
  expect_recorded("text", text("text"));
  expect_recorded("", text(""));
  const char array[] = {'a', 'b', '\0'};
  expect_recorded(array, text("ab"));
  char* const changeable = const_cast<char*>("mutable");
  expect_recorded(changeable, text("mutable"));
}

TEST(Value, text_of_every_kind) {
  expect_recorded(std::string{"string"}, text("string"));
  expect_recorded(std::string_view{"view of it"}.substr(0, 4), text("view"));
  expect_recorded(std::string{"nul\0inside", 10}, text(std::string{"nul\0inside", 10}));
}

TEST(Value, no_text_is_null) {
  expect_recorded(nullptr, RecordedValue{});
  expect_recorded(static_cast<const char*>(nullptr), RecordedValue{});
}

TEST(Value, bools_stay_bools) {
  expect_recorded(true, boolean(true));
  expect_recorded(false, boolean(false));
}

TEST(Value, integers_of_every_width_and_sign) {
  expect_recorded(std::int8_t{-8}, integer(-8));
  expect_recorded(std::uint8_t{200}, integer(200));
  expect_recorded(short{-3}, integer(-3));
  expect_recorded(7, integer(7));
  expect_recorded(7U, integer(7));
  expect_recorded(-9L, integer(-9));
  expect_recorded(std::numeric_limits<std::int64_t>::min(),
                  integer(std::numeric_limits<std::int64_t>::min()));
  expect_recorded(std::numeric_limits<std::int64_t>::max(),
                  integer(std::numeric_limits<std::int64_t>::max()));
  expect_recorded(std::size_t{42}, integer(42));
  expect_recorded('x', integer('x'));
}

TEST(Value, a_number_beyond_int64_arrives_as_real) {
  expect_recorded(std::numeric_limits<std::uint64_t>::max(), real(18446744073709551615.0));
}

TEST(Value, reals) {
  expect_recorded(0.5, real(0.5));
  expect_recorded(0.25F, real(0.25));
  expect_recorded(static_cast<long double>(2), real(2));
  expect_recorded(-0.0, real(-0.0));
  expect_recorded(std::numeric_limits<double>::infinity(), real(std::numeric_limits<double>::infinity()));
}

TEST(Value, not_a_number_stays_one) {
  Tracing tracing;
  { Span{"s"}.set("k", std::nan("")); }
  const SpanData span = tracing.span("s");
  ASSERT_NE(span.attribute("k"), nullptr);
  EXPECT_TRUE(std::isnan(span.attribute("k")->real));
}

enum class Colour : std::uint8_t { red = 1, blue = 200 };
enum Plain { none, one };

TEST(Value, enumerators_are_their_numbers) {
  expect_recorded(Colour::blue, integer(200));
  expect_recorded(one, integer(1));
}

TEST(Value, optionals_are_their_value_or_null) {
  expect_recorded(std::optional<int>{5}, integer(5));
  expect_recorded(std::optional<int>{}, RecordedValue{});
  expect_recorded(std::optional<std::string>{"there"}, text("there"));
  expect_recorded(std::optional<bool>{false}, boolean(false));
}

TEST(Value, containers_are_arrays) {
  expect_recorded(std::vector<int>{1, 2, 3}, json("[1,2,3]"));
  expect_recorded(std::vector<std::string>{"a", "b"}, json(R"(["a","b"])"));
  expect_recorded(std::vector<const char*>{"a", nullptr}, json(R"(["a",null])"));
  expect_recorded(std::vector<bool>{true, false}, json("[true,false]"));
  expect_recorded(std::vector<double>{0.5, -1}, json("[0.5,-1]"));
  expect_recorded(std::array<int, 2>{4, 5}, json("[4,5]"));
  expect_recorded(std::list<std::string_view>{"x"}, json(R"(["x"])"));
  expect_recorded(std::deque<int>{}, json("[]"));
  expect_recorded(std::set<int>{3, 1}, json("[1,3]"));
  expect_recorded(std::vector<std::vector<int>>{{1}, {}, {2, 3}}, json("[[1],[],[2,3]]"));
  expect_recorded(std::vector<std::optional<int>>{1, std::nullopt}, json("[1,null]"));
}

TEST(Value, arrays_of_c_are_arrays) {
  const int numbers[] = {1, 2, 3};
  double reals[] = {0.5, -1};
  const bool flags[] = {true, false};
  const char* texts[] = {"a", nullptr};
  const std::string strings[] = {"b", "c"};
  const std::uint8_t bytes[] = {0, 255};
  const int rows[2][2] = {{1, 2}, {3, 4}};
  const char names[][8] = {"ab", "cd"};
  expect_recorded(numbers, json("[1,2,3]"));
  expect_recorded(reals, json("[0.5,-1]"));
  expect_recorded(flags, json("[true,false]"));
  expect_recorded(texts, json(R"(["a",null])"));
  expect_recorded(strings, json(R"(["b","c"])"));
  expect_recorded(bytes, json("[0,255]"));
  expect_recorded(rows, json("[[1,2],[3,4]]"));
  expect_recorded(names, json(R"(["ab","cd"])"));
  expect_recorded({{"numbers", numbers}}, json(R"({"numbers":[1,2,3]})"));
}

TEST(Value, an_array_of_char_stays_text) {
  char changeable[16] = "text";
  expect_recorded(changeable, text("text"));
  const char fixed[] = "fixed";
  expect_recorded(fixed, text("fixed"));
}

TEST(Value, braces_are_an_object) {
  expect_recorded({{"hits", 3}, {"content", "text"}}, json(R"({"hits":3,"content":"text"})"));
  expect_recorded({{"only", true}}, json(R"({"only":true})"));
  expect_recorded({{"outer", {{"inner", {{"deepest", 1}}}}}, {"list", std::vector<int>{1}}},
                  json(R"({"outer":{"inner":{"deepest":1}},"list":[1]})"));
}

TEST(Value, ready_json_is_taken_as_it_is_when_it_is_json) {
  expect_recorded(Json{R"({"a":[1,2,{"b":null}]})"}, json(R"({"a":[1,2,{"b":null}]})"));
  expect_recorded(Json{"12"}, json("12"));
  expect_recorded(Json{"{broken"}, text("{broken"));
  expect_recorded(Json{""}, text(""));
  expect_recorded(Json{"[1] trailing"}, text("[1] trailing"));
}

TEST(Value, setters_of_json_take_text_that_is_json) {
  Tracing tracing;
  { Span{"s"}.set_input_json(R"({"q":1})").set_output_json("not json"); }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.input, json(R"({"q":1})"));
  EXPECT_EQ(span.output, text("not json"));
}

struct Opaque {
  int unknown = 0;
};

TEST(Value, types_that_cannot_be_shown_are_no_values) {
  static_assert(!std::is_constructible_v<Value, Opaque>);
  static_assert(!std::is_constructible_v<Value, const Opaque*>, "a pointer never becomes a bool");
  static_assert(!std::is_constructible_v<Value, void*>);
  static_assert(!std::is_constructible_v<Value, std::vector<Opaque>>);
  static_assert(!std::is_constructible_v<Value, Opaque[2]>);
  static_assert(!std::is_constructible_v<Value, void* [2]>);
  static_assert(!std::is_constructible_v<Value, decltype(u"wide")>, "text of another encoding is no list");
  static_assert(!std::is_constructible_v<Value, decltype(U"wide")>);
  static_assert(!std::is_constructible_v<Value, decltype(L"wide")>);
#if defined(__cpp_char8_t)
  static_assert(!std::is_constructible_v<Value, decltype(u8"wide")>);
#endif
  static_assert(!std::is_constructible_v<Value, int (*)()>, "a function never becomes a bool");
  static_assert(std::is_nothrow_constructible_v<Value, const std::string&>);
}

TEST(Value, invalid_utf8_is_kept_for_exporters_of_ones_own) {
  expect_recorded(std::string{"\xff\xfe ok \xc3"}, text("\xff\xfe ok \xc3"));
}

TEST(AttributeList, holds_arrays_of_c) {
  SpanOptions options;
  {
    const int ids[] = {7, 9};
    options.input = ids;
    options.attributes = {{"ids", ids}};
  }
  Tracing tracing;
  { const Span span{"s", SpanKind::tool, options}; }
  EXPECT_EQ(tracing.span("s").input, json("[7,9]"));
  EXPECT_EQ(*tracing.span("s").attribute("ids"), json("[7,9]"));
}

TEST(AttributeList, outlives_what_it_was_made_of) {
  Attributes attributes;
  {
    const std::string key = "key";
    const std::string value(500, 'v');
    attributes.set(key, value).set("list", std::vector<std::string>{"a", "b"});
    attributes.set("object", {{"n", 1}});
  }
  Attributes copy = attributes;
  const Attributes moved = std::move(attributes);
  EXPECT_TRUE(attributes.empty());
  copy = moved;
  const Attributes& same = copy;
  copy = same;
  Tracing tracing;
  {
    SpanOptions options;
    options.attributes = copy;
    options.metadata = {{"m", 1.5}, {"flag", true}};
    Span span{"s", SpanKind::tool, options};
  }
  const SpanData span = tracing.span("s");
  ASSERT_EQ(span.attributes.size(), 3U);
  EXPECT_EQ(*span.attribute("key"), text(std::string(500, 'v')));
  EXPECT_EQ(*span.attribute("list"), json(R"(["a","b"])"));
  EXPECT_EQ(*span.attribute("object"), json(R"({"n":1})"));
  EXPECT_EQ(*span.metadata_field("m"), real(1.5));
  EXPECT_EQ(*span.metadata_field("flag"), boolean(true));
}

// A value of more than a megabyte used to be lost when it came by the options.
TEST(AttributeList, large_values_of_options_are_cut_like_any_other) {
  Tracing tracing;
  const std::string prompt(std::size_t{20} << 20, 'p');
  {
    TraceOptions options;
    options.input = prompt;
    options.metadata = {{"document", prompt}};
    TraceScope trace{"t", options};
    SpanOptions of_span;
    of_span.input = prompt;
    of_span.attributes = {{"text", prompt}};
    Span span{"s", SpanKind::llm, of_span};
  }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.input.text.size(), std::size_t{1} << 20);
  ASSERT_NE(span.attribute("text"), nullptr);
  EXPECT_EQ(span.attribute("text")->text.size(), std::size_t{64} << 10);
  EXPECT_EQ(span.attributes.size(), 1U);
  using Size = std::pair<std::string, std::int64_t>;
  EXPECT_THAT(span.truncated,
              ::testing::UnorderedElementsAre(Size{"input_data", 20 << 20}, Size{"text", 20 << 20}));
  const TraceData trace = tracing.trace("t");
  EXPECT_EQ(trace.input.text.size(), std::size_t{1} << 20);
  ASSERT_EQ(trace.metadata.size(), 1U);
  EXPECT_EQ(trace.metadata[0].second.text.size(), std::size_t{64} << 10);
}

}  // namespace
}  // namespace llmtrace
