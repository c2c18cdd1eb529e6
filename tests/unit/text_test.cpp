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

TEST(TextParameter, null_is_an_empty_text_in_every_setter) {
  Tracing tracing;
  {
    TraceScope trace{no_text()};
    trace.set_user(no_text()).set_session(no_text()).add_tag(no_text()).set_tags({no_text(), "kept"});
    Span span{no_text(), SpanKind::llm};
    span.set_name("renamed").set_model(no_text()).set_provider(no_text()).set_operation(no_text());
    span.set_agent_type(no_text()).set_response_model(no_text()).set_response_id(no_text());
    span.add_finish_reason(no_text());
    span.set_input(no_text()).set_output(no_text()).set_input_json(no_text()).set_output_json(no_text());
    span.set(no_text(), no_text()).set({{no_text(), no_text()}}).set("json", Json{no_text()});
    span.set_metadata(no_text(), no_text()).set_parameter(no_text(), no_text());
    span.add_message(no_text(), no_text()).set_messages({{no_text(), no_text()}});
    span.set_messages(no_text(), no_text(), "user", no_text());
    span.add_message("user", [] { return no_text(); });
    span.set_output_text(no_text()).set_reasoning(no_text());
    span.add_tool_call(no_text(), no_text(), no_text());
    span.record_request(no_text(), {.url = no_text(), .provider = no_text()});
    span.record_response(no_text()).record_chunk(no_text());
    span.set_exchange({.content_type = no_text(), .content_encoding = no_text(), .request_id = no_text()});
    span.add_event(no_text(), {{no_text(), no_text()}}).score(no_text(), 1, no_text());
    span.set_status(Status::ok, no_text()).set_error(no_text()).set_error(no_text(), no_text());
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
