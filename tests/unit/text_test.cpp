// Text, as which every function takes what it only reads: what it is made of, and that null is none.
#include "support/tracing.hpp"
#include <llmtrace/json.hpp>
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/span_map.hpp>
#include <llmtrace/stream.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>

namespace llmtrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing_support::Tracing;

// As a C library or getenv() returns it.
const char* no_text() { return nullptr; }

// Texts of other libraries, each with a conversion of its own.
struct Convertible {
  operator std::string_view() const noexcept { return "converted"; }
};
struct ConvertibleInTwoWays {
  operator std::string_view() const noexcept { return "as a view"; }
  operator const char*() const noexcept { return "as a pointer"; }
};

static_assert(sizeof(Text) == sizeof(std::string_view) && std::is_trivially_copyable_v<Text>);
static_assert(Text{"literal"} == "literal" && Text{"cut", 2} == "cu" && Text{}.empty());
static_assert(std::is_convertible_v<std::nullptr_t, Text>);
static_assert(!std::is_convertible_v<int, Text> && !std::is_convertible_v<std::string*, Text>);

std::string read(Text text) { return std::string{text}; }

TEST(TextParameter, is_made_of_every_text) {
  const std::string owned = "owned";
  EXPECT_EQ(read("literal"), "literal");
  EXPECT_EQ(read(owned), "owned");
  EXPECT_EQ(read(owned + " temporary"), "owned temporary");
  EXPECT_EQ(read(std::string_view{owned}.substr(0, 2)), "ow");
  EXPECT_EQ(read({owned.data(), 3}), "own");
  EXPECT_EQ(read(Convertible{}), "converted");
  EXPECT_EQ(read(ConvertibleInTwoWays{}), "as a view");
  EXPECT_EQ(read(nlohmann::json("of json")), "of json");
  EXPECT_EQ(read({}), "");
  EXPECT_EQ(read(nullptr), "");
}

template <class NoText>
void hand_to_every_setter(const NoText& none) {
  Tracing tracing;
  {
    TraceScope trace{none};
    trace.set_user(none).set_session(none).add_tag(none).set_tags({none, "kept"});
    Span span{none, SpanKind::llm};
    span.set_name("renamed").set_model(none).set_provider(none).set_operation(none);
    span.set_agent_type(none).set_response_model(none).set_response_id(none);
    span.add_finish_reason(none);
    span.set_input(none).set_output(none).set_input_json(none).set_output_json(none);
    span.set(none, none).set({{none, none}}).set("json", Json{none});
    span.set_metadata(none, none).set_parameter(none, none);
    span.add_message(none, none).set_messages({{none, none}});
    span.set_messages(none, none, "user", none);
    span.add_message("user", [&none] { return none; });
    span.set_output_text(none).set_reasoning(none);
    span.add_tool_call(none, none, none);
    span.record_request(none, {.url = none, .provider = none});
    span.record_response(none).record_chunk(none);
    span.set_exchange({.content_type = none, .content_encoding = none, .request_id = none});
    span.add_event(none, {{none, none}}).score(none, 1, none);
    span.set_status(Status::ok, none).set_error(none).set_error(none, none);
  }
  const SpanData span = tracing.span("renamed");
  EXPECT_EQ(span.status, Status::error);
  EXPECT_THAT(span.finish_reasons, ElementsAre(""));
  ASSERT_EQ(span.scores.size(), 1U);
  EXPECT_EQ(span.scores[0].name, "");
  const TraceData trace = tracing.traces().at(0);
  EXPECT_EQ(trace.name, "");
  EXPECT_EQ(trace.user_id, "");
  EXPECT_THAT(trace.tags, ElementsAre("", "", "kept"));
}

TEST(TextParameter, null_is_an_empty_text_in_every_setter) { hand_to_every_setter(no_text()); }

// Its address is null, too.
TEST(TextParameter, so_is_an_empty_view) { hand_to_every_setter(std::string_view{}); }

TEST(TextParameter, null_is_an_empty_name_of_every_span) {
  Tracing tracing;
  {
    const TraceScope root{no_text(), {.user_id = "u"}};
    const Span of_guard = root.span(no_text());
    ManualSpan manual = start_span(no_text());
    const ManualSpan child = manual.child(no_text());
    const ManualSpan below = start_span(manual, no_text(), SpanOptions{});
    const Span operation = trace_operation(no_text());
    trace(no_text(), [] {});
    traced(no_text(), [] {})();
    StreamRecorder stream;
    stream.text(no_text()).reasoning(no_text()).bytes(no_text());
    stream.finish();
  }
  const std::vector<SpanData> spans = tracing.spans();
  EXPECT_EQ(spans.size(), 9U);
  for (const SpanData& span : spans) EXPECT_EQ(span.name, span.kind == SpanKind::llm ? "stream" : "");
}

TEST(TextParameter, null_is_no_id_and_no_context) {
  Tracing tracing;
  EXPECT_FALSE(from_traceparent(no_text(), no_text()).valid());
  EXPECT_TRUE(from_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", no_text()).valid());
  EXPECT_FALSE(trace_id_from_hex(no_text()).valid());
  EXPECT_FALSE(span_id_from_hex(no_text()).valid());
  SpanMap map;
  EXPECT_THAT(map.create_span(no_text(), no_text()), IsEmpty());
  EXPECT_FALSE(map.complete_span(no_text()));
  EXPECT_FALSE(map.complete_trace(no_text()));
  EXPECT_THAT(redact(no_text()), IsEmpty());
}

}  // namespace
}  // namespace llmtrace
