#include "support/tracing.hpp"
#include <llmtrace/json.hpp>
#include <llmtrace/llmtrace.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace llmtrace {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using testing_support::Tracing;
using Size = std::pair<std::string, std::int64_t>;

constexpr std::size_t limit = 1000;

void limit_all(Options& options) {
  options.limits.input_bytes = limit;
  options.limits.output_bytes = limit;
  options.limits.attribute_bytes = limit;
}

// What an item counts for, by the length of its key and of its value.
constexpr std::int64_t item(std::size_t key, std::size_t value) {
  return static_cast<std::int64_t>(8 + key + value);
}
constexpr std::size_t number = 8;

SpanData recorded(const std::function<void(Span&)>& record) {
  Tracing tracing{limit_all};
  {
    Span span{"s"};
    record(span);
  }
  return tracing.span("s");
}

const std::string& long_text() {
  static const std::string text(5000, 'x');
  return text;
}

// Such a text used to be cut without a word, and each item had the field's whole limit for itself.
TEST(ContainerLimits, a_text_inside_is_cut_and_the_size_of_its_field_noted) {
  const SpanData span = recorded([](Span& s) { s.set_output({{"content", long_text()}, {"n", 1}}); });
  const json output = json::parse(span.output.text);
  EXPECT_THAT(output["content"].get<std::string>(), StartsWith(std::string(800, 'x')));
  EXPECT_EQ(output["n"], 1) << "what is small and stands behind it still fits";
  EXPECT_LE(span.output.text.size(), limit);
  EXPECT_THAT(span.truncated, ElementsAre(Size{"output_data", item(7, 5000) + item(1, number)}));
}

TEST(ContainerLimits, what_fits_is_whole_and_nothing_is_noted) {
  const std::string text(limit - item(1, 0), 'x');
  const SpanData span = recorded([&](Span& s) { s.set_output({{"k", text}}).set("k", {{"k", text}}); });
  EXPECT_EQ(json::parse(span.output.text), (json{{"k", text}}));
  EXPECT_EQ(span.attribute("k")->text, span.output.text);
  EXPECT_THAT(span.truncated, IsEmpty());
}

TEST(ContainerLimits, many_numbers_end_where_the_limit_is) {
  const SpanData span = recorded([](Span& s) { s.set_output(std::vector<int>(5000, 7)); });
  EXPECT_EQ(json::parse(span.output.text), json(std::vector<int>(limit / item(0, number), 7)));
  EXPECT_THAT(span.truncated, ElementsAre(Size{"output_data", 5000 * item(0, number)}));
}

TEST(ContainerLimits, the_first_item_left_out_is_the_last_that_is_looked_at) {
  std::vector<json> items(limit / item(0, number), 7);
  items.insert(items.end(), {8, nullptr, "x"});
  const SpanData span = recorded([&](Span& s) { s.set_output(items); });
  items.resize(items.size() - 3);
  EXPECT_EQ(json::parse(span.output.text), json(items)) << "or it would seem to stand in another's place";
}

TEST(ContainerLimits, texts_and_numbers_of_inner_containers_count_for_the_field) {
  const std::vector<std::vector<int>> rows(50, {1, 2, 3});
  const SpanData span = recorded([&](Span& s) { s.set_input({{"text", long_text()}, {"rows", rows}}); });
  EXPECT_LE(span.input.text.size(), limit);
  EXPECT_EQ(json::parse(span.input.text)["rows"][0], (json{1, 2, 3}));
  const std::int64_t of_rows = item(4, 0) + 50 * (item(0, 0) + 3 * item(0, number));
  EXPECT_THAT(span.truncated, ElementsAre(Size{"input_data", item(4, 5000) + of_rows}));
}

TEST(ContainerLimits, values_of_a_json_library_are_limited_alike) {
  const json value = {{"a", {{"text", long_text()}}}, {"b", json::array({1, long_text()})}, {"c", true}};
  const SpanData span = recorded([&](Span& s) { s.set_output(value); });
  EXPECT_LE(span.output.text.size(), limit);
  EXPECT_TRUE(json::accept(span.output.text));
  const std::int64_t size =
      item(1, 0) + item(4, 5000) + item(1, 0) + item(0, number) + item(0, 5000) + item(1, 1);
  EXPECT_THAT(span.truncated, ElementsAre(Size{"output_data", size}));
}

TEST(ContainerLimits, every_keyed_field_is_noted_under_its_key) {
  const SpanData span = recorded([](Span& s) {
    s.set("list", std::vector<std::string>{long_text(), "b"})
        .set_metadata("object", {{"text", long_text()}})
        .set_parameter("numbers", std::vector<double>(1000, 1.5));
  });
  EXPECT_LE(span.attribute("list")->text.size(), limit);
  EXPECT_LE(span.metadata_field("object")->text.size(), limit);
  ASSERT_EQ(span.parameters.size(), 1U);
  EXPECT_LE(span.parameters[0].second.text.size(), limit);
  EXPECT_THAT(span.truncated,
              ElementsAre(Size{"list", item(0, 5000) + item(0, 1)}, Size{"object", item(4, 5000)},
                          Size{"numbers", 1000 * item(0, number)}));
}

TEST(ContainerLimits, events_scores_and_tool_calls_are_noted_as_such) {
  const SpanData span = recorded([](Span& s) {
    s.add_event("e", {{"text", long_text()}}).score("s", 0.5, long_text());
    s.add_tool_call("id", "name", long_text());
  });
  ASSERT_EQ(span.events.size(), 1U);
  ASSERT_EQ(span.scores.size(), 1U);
  ASSERT_EQ(span.tool_calls.size(), 1U);
  EXPECT_LE(span.events[0].attributes.at(0).second.text.size(), limit);
  EXPECT_EQ(span.scores[0].value, 0.5);
  EXPECT_LE(span.scores[0].comment.size(), limit);
  EXPECT_EQ(span.tool_calls[0].name, "name");
  EXPECT_LE(span.tool_calls[0].arguments.size(), limit);
  EXPECT_THAT(span.truncated, ElementsAre(Size{"events", item(0, number) + item(4, 5000)},
                                          Size{"scores", item(5, number) + item(7, 5000)},
                                          Size{"tool_calls", item(4, 4) + item(9, 5000)}));
}

TEST(ContainerLimits, the_time_of_an_event_and_the_value_of_a_score_always_fit) {
  Tracing tracing{[](Options& options) { options.limits.attribute_bytes = 1; }};
  {
    Span{"s"}
        .add_event("e", {{"k", 1}})
        .score("s", 0.5, "comment")
        .add_link(SpanContext{TraceId{1, 2}, SpanId{3}});
  }
  const SpanData span = tracing.span("s");
  ASSERT_EQ(span.events.size(), 1U);
  EXPECT_EQ(span.events[0].time, span.start_time);
  EXPECT_THAT(span.events[0].attributes, IsEmpty());
  EXPECT_EQ(span.scores.at(0).value, 0.5);
  EXPECT_EQ(span.links.at(0).span_id, SpanId{3});
}

TEST(ContainerLimits, an_exception_with_a_long_message_notes_both_of_its_places) {
  const SpanData span = recorded([](Span& s) { s.record_exception(std::runtime_error{long_text()}); });
  EXPECT_EQ(span.error.size(), limit);
  ASSERT_EQ(span.truncated.size(), 2U);
  EXPECT_EQ(span.truncated[0], (Size{"error", 5000}));
  EXPECT_EQ(span.truncated[1].first, "events");
}

void answer(const std::string& question, int top_k) { TRACE_FUNCTION(question, top_k); }

TEST(ContainerLimits, arguments_of_functions_are_one_input) {
  Tracing tracing{limit_all};
  answer(long_text(), 3);
  traced("wrapped", [](const std::string&, int) {})(long_text(), 3);
  const SpanData macro = tracing.spans().at(0);
  EXPECT_EQ(json::parse(macro.input.text)["top_k"], 3);
  EXPECT_LE(macro.input.text.size(), limit);
  EXPECT_THAT(macro.truncated, ElementsAre(Size{"input_data", item(8, 5000) + item(5, number)}));
  const SpanData wrapped = tracing.span("wrapped");
  EXPECT_EQ(json::parse(wrapped.input.text)[1], 3);
  EXPECT_LE(wrapped.input.text.size(), limit);
  EXPECT_THAT(wrapped.truncated, ElementsAre(Size{"input_data", item(0, 5000) + item(0, number)}));
}

TEST(ContainerLimits, values_of_options_are_cut_as_they_come_into_the_span) {
  Tracing tracing{limit_all};
  SpanOptions options;
  options.input = {{"outer", {{"text", long_text()}}}, {"n", 1}};
  options.attributes = {{"numbers", std::vector<int>(1000, 7)}, {"short", std::vector<int>{1}}};
  { const Span span{"s", SpanKind::tool, options}; }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(json::parse(span.input.text)["n"], 1);
  EXPECT_LE(span.input.text.size(), limit);
  EXPECT_LE(span.attribute("numbers")->text.size(), limit);
  EXPECT_EQ(span.attribute("short")->text, "[1]");
  EXPECT_THAT(span.truncated, ElementsAre(Size{"input_data", item(5, 0) + item(4, 5000) + item(1, number)},
                                          Size{"numbers", 1000 * item(0, number)}));
}

TEST(ContainerLimits, a_value_that_replaces_a_cut_one_is_not_said_to_be_cut) {
  const SpanData span = recorded([](Span& s) {
    s.set_output({{"text", long_text()}}).set_output({{"n", 1}});
  });
  EXPECT_EQ(span.output.text, R"({"n":1})");
  EXPECT_THAT(span.truncated, IsEmpty());
}

TEST(ContainerLimits, texts_are_cut_between_code_points) {
  std::string euros;
  for (int i = 0; i < 1000; ++i) euros += "\xe2\x82\xac";
  const SpanData span = recorded([&](Span& s) {
    for (const char* key : {"a", "ab", "abc"}) s.set(key, {{key, euros}});
  });
  ASSERT_EQ(span.attributes.size(), 3U);
  for (const auto& [key, value] : span.attributes) EXPECT_TRUE(json::accept(value.text)) << key;
  for (const auto& [key, value] : span.attributes)
    EXPECT_EQ(json::parse(value.text)[key].get<std::string>().size() % 3, 0U) << key;
}

TEST(ContainerLimits, keys_that_are_too_long_are_cut_and_count) {
  const std::string key(5000, 'k');
  Tracing tracing{[](Options& options) { options.limits.output_bytes = 2000; }};
  { Span{"s"}.set_output({{key, 1}}); }
  const SpanData span = tracing.span("s");
  EXPECT_EQ(json::parse(span.output.text), (json{{key.substr(0, 1024), 1}}));
  EXPECT_THAT(span.truncated, ElementsAre(Size{"output_data", item(5000, number)}));
}

// A secret that the limit cuts in two would otherwise not be known for one.
TEST(ContainerLimits, what_begins_like_a_secret_at_a_cut_is_hidden) {
  Tracing tracing{[](Options& options) {
    limit_all(options);
    options.redact.mode = RedactMode::secrets;
  }};
  const std::string secret = "sk-proj-" + std::string(132, 'A');
  const std::string text = std::string(855, '.') + ' ' + secret;
  ASSERT_LT(text.size(), limit) << "it is the container that cuts it";
  { Span{"s"}.set_output({{"text", text}}); }
  const std::string shown = tracing.span("s").output.text;
  EXPECT_THAT(shown, ::testing::HasSubstr("..."));
  EXPECT_EQ(shown.find("sk-"), std::string::npos) << shown;
}

// A reply is recorded to be read, and its token counts stand behind its text.
TEST(ContainerLimits, a_reply_keeps_what_stands_behind_a_long_text) {
  Tracing tracing{[](Options& options) { options.limits.capture_bytes = limit; }};
  const json reply = {
      {"choices", {{{"message", {{"content", long_text()}}}, {"finish_reason", "stop"}}}},
      {"usage", {{"prompt_tokens", 5}, {"completion_tokens", 7}, {"more", std::vector<int>(500, 1)}}}};
  traced_llm({}, [&] { return reply; })();
  const std::vector<SpanData> spans = tracing.spans();
  EXPECT_EQ(spans.at(0).tokens("input"), 5);
  EXPECT_EQ(spans.at(0).tokens("output"), 7);
  ASSERT_EQ(spans[0].truncated.size(), 1U);
  EXPECT_EQ(spans[0].truncated[0].first, "response_body");
}

}  // namespace
}  // namespace llmtrace
