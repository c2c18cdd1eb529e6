#include "export/span_decoder.hpp"

#include "support/record_builder.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <string>
#include <vector>

namespace llmtrace::exporting {
namespace {

using core::Tag;
using nlohmann::json;
using testing_support::RecordBuilder;
using Type = RecordedValue::Type;

class SpanDecoderTest : public testing::Test {
 protected:
  static constexpr std::int64_t wall = 1'700'000'000'000'000'000;

  SpanData span(RecordBuilder& record) {
    SpanData out;
    EXPECT_TRUE(decoder_.span(record.view(), out));
    return out;
  }
  TraceData trace(RecordBuilder& record, TraceState state, const TraceTotals& totals = {}) {
    TraceData out;
    EXPECT_TRUE(decoder_.trace({record.view(), state, totals}, out));
    return out;
  }

  core::ClockMap clock_{{1'000'000'000, 1'000'000'000, wall}, 1.0, false};
  SpanDecoder decoder_{&clock_};
};

TEST_F(SpanDecoderTest, gives_who_when_and_what) {
  RecordBuilder record{"call", SpanKind::llm};
  record.head().parent_id = 9;
  record.text(Tag::model, {}, "gpt-4o").text(Tag::input, {}, "q").value(Tag::cost, {}, 0.5);
  record.value(Tag::usage_input, {}, std::int64_t{3}).text(Tag::finish_reason, {}, "stop");
  record.flags(detail::flag_error).text(Tag::error, "type", "boom");
  const SpanData data = span(record);
  EXPECT_EQ(data.trace_id, (TraceId{0x0af7651916cd43ddULL, 0x8448eb211c80319cULL}));
  EXPECT_EQ(data.span_id, SpanId{0xb7ad6b7169203331ULL});
  EXPECT_EQ(data.parent_span_id, SpanId{9});
  EXPECT_EQ(data.name, "call");
  EXPECT_EQ(data.kind, SpanKind::llm);
  EXPECT_EQ(data.start_time.time_since_epoch().count(), wall);
  EXPECT_EQ(data.duration, std::chrono::microseconds{1500});
  EXPECT_EQ(data.status, Status::error);
  EXPECT_EQ(data.error, "boom");
  EXPECT_EQ(data.error_type, "type");
  EXPECT_EQ(data.model, "gpt-4o");
  EXPECT_EQ(data.input.text, "q");
  EXPECT_EQ(data.output.type, Type::null);
  EXPECT_EQ(data.tokens("input"), 3);
  EXPECT_EQ(data.tokens("output"), std::nullopt);
  EXPECT_EQ(data.cost_usd, 0.5);
  EXPECT_EQ(data.finish_reasons, (std::vector<std::string>{"stop"}));
}

TEST_F(SpanDecoderTest, gives_values_of_every_type) {
  RecordBuilder record{"types"};
  record.value(Tag::attribute, "null", nullptr)
      .value(Tag::attribute, "yes", true)
      .value(Tag::attribute, "int", -5)
      .value(Tag::attribute, "most", std::numeric_limits<std::uint64_t>::max())
      .value(Tag::attribute, "real", 0.5)
      .value(Tag::attribute, "list", std::vector<int>{1, 2})
      .value(Tag::attribute, "json", Json{"[1 ]"})
      .value(Tag::attribute, "no json", Json{"[1"})
      .value(Tag::attribute, "int", 6);
  const SpanData data = span(record);
  ASSERT_EQ(data.attributes.size(), 8U) << "the last of equal keys";
  EXPECT_EQ(data.attribute("null")->type, Type::null);
  EXPECT_TRUE(data.attribute("yes")->boolean);
  EXPECT_EQ(data.attribute("int")->integer, 6);
  EXPECT_EQ(data.attribute("most")->type, Type::real);
  EXPECT_EQ(data.attribute("real")->real, 0.5);
  EXPECT_EQ(data.attribute("list")->text, "[1,2]");
  EXPECT_EQ(data.attribute("list")->type, Type::json);
  EXPECT_EQ(data.attribute("json")->type, Type::json);
  EXPECT_EQ(data.attribute("no json")->type, Type::text);
}

TEST_F(SpanDecoderTest, follows_the_rules_of_the_wire) {
  RecordBuilder record{"inner", SpanKind::chain};
  record.flags(detail::flag_trace_scope | detail::flag_orphan | detail::flag_left_by_exception);
  record.text(Tag::user_id, {}, "u1").text(Tag::trace_tag, {}, "a").value(Tag::attribute, "user.id", "other");
  record.value(Tag::attribute, "llm.model", "gpt-4o").text(Tag::message, "user", "hi");
  const SpanData data = span(record);
  EXPECT_EQ(data.attribute("user.id")->text, "u1");
  EXPECT_EQ(data.attribute("trace.tags")->text, R"(["a"])");
  EXPECT_TRUE(data.attribute("llmtrace.orphan")->boolean);
  EXPECT_EQ(data.attributes.size(), 4U);
  EXPECT_TRUE(data.orphan);
  EXPECT_TRUE(data.left_by_exception);
  EXPECT_EQ(data.error, "left by an exception");
  EXPECT_EQ(data.model, "gpt-4o");
  EXPECT_EQ(data.messages, (std::vector<std::pair<std::string, std::string>>{{"user", "hi"}}));
  EXPECT_EQ(json::parse(data.input.text), json::parse(R"({"messages":[{"role":"user","content":"hi"}]})"));
}

TEST_F(SpanDecoderTest, gives_events_links_and_scores) {
  RecordBuilder record{"lists"};
  auto to = record.writer();
  const auto event = to.open(Tag::event, detail::ValueType::object, "retry", detail::FieldWriter::no_limit);
  to.int64(Tag::dead, {}, 1'000'000'001);
  to.text(Tag::dead, "why", "busy", 100);
  to.close(event);
  const auto link = to.open(Tag::link, detail::ValueType::object, {}, detail::FieldWriter::no_limit);
  to.uint64(Tag::dead, "trace_high", 1);
  to.uint64(Tag::dead, "trace_low", 2);
  to.uint64(Tag::dead, "span_id", 3);
  to.close(link);
  record.value(Tag::score, "helpful", {{"value", 0.5}, {"comment", "ok"}});
  to.text(Tag::output, {}, "0123456789", 4);
  const SpanData data = span(record);
  ASSERT_EQ(data.events.size(), 1U);
  EXPECT_EQ(data.events[0].time.time_since_epoch().count(), wall + 1);
  EXPECT_EQ(data.events[0].attributes.at(0).second.text, "busy");
  EXPECT_EQ(data.links.at(0).trace_id, (TraceId{1, 2}));
  EXPECT_EQ(data.links.at(0).span_id, SpanId{3});
  EXPECT_EQ(data.scores.at(0).value, 0.5);
  EXPECT_EQ(data.truncated.at(0), (std::pair<std::string, std::int64_t>{"output_data", 10}));
}

TEST_F(SpanDecoderTest, gives_a_trace_its_fields) {
  RecordBuilder record{"chat"};
  record.trace_root().text(Tag::user_id, {}, "u1").text(Tag::trace_tag, {}, "a").value(Tag::metadata, "m", 1);
  record.text(Tag::output, {}, "done");
  TraceTotals totals;
  totals.spans = 3;
  totals.tokens_output = 9;
  const TraceData data = trace(record, TraceState::ended, totals);
  EXPECT_EQ(data.state, TraceData::State::ok);
  EXPECT_EQ(data.name, "chat");
  EXPECT_EQ(data.user_id, "u1");
  EXPECT_EQ(data.tags, (std::vector<std::string>{"a"}));
  EXPECT_EQ(data.metadata.at(0).second.integer, 1);
  EXPECT_EQ(data.output.text, "done");
  EXPECT_EQ(data.span_count, 3U);
  EXPECT_EQ(data.tokens_input, std::nullopt);
  EXPECT_EQ(data.tokens_output, 9);
  EXPECT_EQ(data.duration, std::chrono::microseconds{1500});
  EXPECT_TRUE(span(record).metadata.empty()) << "they are the trace's";

  EXPECT_EQ(trace(record, TraceState::running).state, TraceData::State::running);
  EXPECT_EQ(trace(record, TraceState::incomplete).duration.count(), 0);
  record.flags(detail::flag_error);
  EXPECT_EQ(trace(record, TraceState::ended).state, TraceData::State::error);
}

}  // namespace
}  // namespace llmtrace::exporting
