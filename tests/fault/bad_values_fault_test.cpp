// Row 10: text and numbers that JSON has no word for, in every place that takes any, up to a strict parser.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"
#include <llmtrace/span_map.hpp>

#include <cmath>
#include <limits>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

// Text that is no UTF-8, or that a careless writer would let break out of its string.
const std::string_view bad_texts[] = {"\xff\xfe"sv,
                                      "\x80"sv,
                                      "\xc3"sv,
                                      "\xe2\x82"sv,
                                      "\xf0\x9f\x98"sv,
                                      "\xc0\xaf"sv,
                                      "\xe0\x80\xaf"sv,
                                      "\xed\xa0\x80"sv /* a lone surrogate */,
                                      "\xed\xa0\xbd\xed\xb8\x80"sv,
                                      "\xf4\x90\x80\x80"sv,
                                      "a\0b"sv,
                                      "\0"sv,
                                      "\"},{\"span_id\":\"forged\""sv,
                                      "\\"sv,
                                      "\n\r\t\b\f\x01\x1f\x7f"sv,
                                      "</script>"sv,
                                      "\xe2\x80\xa8\xe2\x80\xa9"sv,
                                      "{\"a\":\"\xff\"}"sv,
                                      ""sv,
                                      "\xef\xbb\xbf"sv};

const double bad_numbers[] = {
    std::numeric_limits<double>::quiet_NaN(),  std::numeric_limits<double>::infinity(),
    -std::numeric_limits<double>::infinity(),  std::numeric_limits<double>::max(),
    std::numeric_limits<double>::denorm_min(), -0.0};

void set_everywhere(TraceScope& trace, Span& span, std::string_view text) {
  trace.set_user(text).set_session(text).add_tag(text).set_metadata(text, text).set_output(text);
  span.set_name(text).set_model(text).set_provider(text).set_operation(text).set_agent_type(text);
  span.set_response_model(text).set_response_id(text).add_finish_reason(text);
  span.set(text, text).set("list", std::vector<std::string>{std::string{text}, std::string{text}});
  span.set_metadata(text, text).set_parameter(text, text).add_message(text, text);
  span.add_event(text, {{text, text}}).score(text, 1, text);
  span.set_input(text).set_output({{text, text}, {"inner", text}});
  span.set_input_json(text).set_messages_json(text).set_output_json(text);
  span.set("json", Json{text});
  span.set_error(text, text).set_status(Status::error, text);
  span.record_exception(std::runtime_error{std::string{text}});
}

TEST(BadValuesFault, text_that_is_no_text_reaches_a_strict_parser_as_text) {
  FaultServer server;
  Tracer tracer{options_for(server.url())};
  int number = 0;
  for (const std::string_view text : bad_texts) {
    TraceScope trace{tracer, text};
    Span span{text};
    set_everywhere(trace, span, text);
    trace_number(tracer, number++);
  }
  EXPECT_TRUE(tracer.close(20s));
  const Stats stats = tracer.stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(stats.exporters.at(0).acknowledged, std::size(bad_texts) * 3);
  EXPECT_EQ(server.oracle().committed_spans(), std::size(bad_texts) * 3);
  EXPECT_TRUE(holds_exactly(server.oracle(), number));
}

TEST(BadValuesFault, numbers_that_json_lacks_cost_no_span) {
  FaultServer server;
  Tracer tracer{options_for(server.url())};
  for (const double value : bad_numbers) {
    TraceScope trace{tracer, "numbers"};
    Span span{"numbers"};
    span.set("real", value)
        .set("list", std::vector<double>{value, value})
        .set_cost(value)
        .score("score", value);
    span.set_input(value).set_output(value, {.input = std::numeric_limits<std::int64_t>::max()}, value);
    span.set("least", std::numeric_limits<std::int64_t>::min())
        .set("most", std::numeric_limits<std::uint64_t>::max());
    span.set_usage({.input = std::numeric_limits<std::int64_t>::max(),
                    .output = std::numeric_limits<std::int64_t>::max(),
                    .total = std::numeric_limits<std::int64_t>::min()});
    span.set_input_json("123456789012345678901234567890e999999");
  }
  EXPECT_TRUE(tracer.close(20s));
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(server.oracle().committed_spans(), std::size(bad_numbers) * 2);
  EXPECT_TRUE(holds_only_whole(server.oracle()));
}

TEST(BadValuesFault, json_of_any_depth_costs_no_span_and_no_stack) {
  FaultServer server;
  Tracer tracer{options_for(server.url())};
  constexpr std::size_t depth = 100'000;
  std::string objects;
  for (std::size_t i = 0; i < depth; ++i) objects += "{\"a\":";
  const std::string texts[] = {std::string(depth, '['), std::string(depth, '[') + std::string(depth, ']'),
                               objects + "1" + std::string(depth, '}'), objects, std::string(depth, '"')};
  int number = 0;
  for (const std::string& text : texts) {
    {
      Span span{tracer, "deep"};
      span.set_input_json(text).set_output_json(text).set_messages_json(text).set("deep", Json{text});
      span.set_metadata("deep", Json{text})
          .set_parameter("deep", Json{text})
          .add_event("deep", {{"deep", Json{text}}});
    }
    trace_number(tracer, number++);
  }
  EXPECT_TRUE(tracer.close(20s));
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, std::size(texts) * 2);
  EXPECT_TRUE(holds_exactly(server.oracle(), number));
}

TEST(BadValuesFault, ids_and_settings_may_hold_anything) {
  FaultServer server;
  for (const std::string_view text : bad_texts) {
    Options options = options_for(server.url());
    options.environment = text;
    options.release = text;
    Tracer tracer{options};
    SpanMap spans{tracer};
    MapTraceOptions trace;
    trace.id = text;
    const std::string id = spans.create_trace(text, trace);
    MapSpanOptions step;
    step.id = std::string{text} + "step";
    spans.create_span(id, text, SpanKind::tool, step);
    spans.complete_span(text);
    spans.complete_trace(text);
    EXPECT_FALSE(from_traceparent(text, text).valid());
    EXPECT_TRUE(tracer.close(20s));
    EXPECT_TRUE(balanced(tracer.stats()));
  }
  EXPECT_TRUE(holds_only_whole(server.oracle()));
}

}  // namespace
}  // namespace llmtrace::testing_support
