#include "export/native_encoder.hpp"

#include "support/record_builder.hpp"
#include "support/strict_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace llmtrace::exporting {
namespace {

using detail::Tag;
using nlohmann::json;
using testing_support::depth_of;
using testing_support::parse_strictly;
using testing_support::RecordBuilder;

class NativeEncoderTest : public testing::Test {
 protected:
  static constexpr std::int64_t wall = 1'700'000'000'000'000'000;

  json span(RecordBuilder& record) {
    core::ByteBuffer out;
    EXPECT_TRUE(encoder_.span(out, record.view()));
    return parse_strictly(out.view());
  }
  json trace(RecordBuilder& record, TraceState state = TraceState::ended, const TraceTotals& totals = {}) {
    core::ByteBuffer out;
    EXPECT_TRUE(encoder_.trace(out, {record.view(), state, totals}));
    return parse_strictly(out.view());
  }

  core::ClockMap clock_{{1'000'000'000, 1'000'000'000, wall}, 1.0, false};
  NativeEncoder encoder_{{"shop", "prod", "v7", R"({"service":"bot","pid":42})", &clock_}};
};

TEST_F(NativeEncoderTest, writes_who_when_and_what) {
  RecordBuilder record{"gpt-4-call", SpanKind::llm};
  record.head().parent_id = 0x00f067aa0ba902b7ULL;
  record.text(Tag::model, {}, "gpt-4o").text(Tag::provider, {}, "openai").text(Tag::operation, {}, "chat");
  record.text(Tag::input, {}, "hello").value(Tag::output, {}, {{"hits", 3}, {"text", "hi"}});
  EXPECT_EQ(span(record), json::parse(R"({
    "span_id": "b7ad6b7169203331", "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "parent_span_id": "00f067aa0ba902b7", "name": "gpt-4-call", "span_type": "llm",
    "start_time": "2023-11-14T22:13:20.000000000Z", "end_time": "2023-11-14T22:13:20.001500000Z",
    "duration_ms": 1.5, "status": "ok", "operation": "chat", "model": "gpt-4o", "provider": "openai",
    "input_data": "hello", "output_data": {"hits": 3, "text": "hi"}})"));
}

TEST_F(NativeEncoderTest, leaves_out_what_is_unknown) {
  RecordBuilder record{"empty"};
  std::set<std::string> keys;
  const json out = span(record);
  for (const auto& [key, value] : out.items()) keys.insert(key);
  EXPECT_EQ(keys, (std::set<std::string>{"span_id", "trace_id", "name", "span_type", "start_time", "end_time",
                                         "duration_ms", "status"}));
}

TEST_F(NativeEncoderTest, takes_the_last_of_two_values) {
  RecordBuilder record{"first"};
  record.text(Tag::name, {}, "second").value(Tag::attribute, "k", 1).value(Tag::attribute, "k", "two");
  const json out = span(record);
  EXPECT_EQ(out["name"], "second");
  EXPECT_EQ(out["attributes"], (json{{"k", "two"}}));
}

TEST_F(NativeEncoderTest, names_no_member_twice_however_many_there_are) {
  for (const int count : {2, 8, 40, 64, 66, 500}) {
    RecordBuilder record{"many"};
    for (int i = 0; i < count; ++i) {
      record.value(Tag::attribute, "key" + std::to_string(i % (count / 2)), i);
      record.value(Tag::metadata, "key" + std::to_string(i), i);
    }
    auto to = record.writer();
    const auto object =
        to.open(Tag::parameter, detail::ValueType::object, "p", detail::FieldWriter::no_limit);
    for (int i = 0; i < count; ++i) to.int64(Tag::dead, i % 2 == 0 ? "even" : "odd", i);
    to.close(object);
    const json out = span(record);
    EXPECT_EQ(out["attributes"].size(), static_cast<std::size_t>(count / 2));
    EXPECT_EQ(out["attributes"]["key0"], count / 2);
    EXPECT_EQ(out["metadata"].size(), static_cast<std::size_t>(count));
    EXPECT_EQ(out["parameters"]["p"], (json{{"even", count - 2}, {"odd", count - 1}}));
  }
}

TEST_F(NativeEncoderTest, writes_values_of_every_type) {
  RecordBuilder record{"types"};
  const std::vector<int> numbers{1, 2, 3};
  record.value(Tag::attribute, "null", nullptr)
      .value(Tag::attribute, "yes", true)
      .value(Tag::attribute, "least", std::numeric_limits<std::int64_t>::min())
      .value(Tag::attribute, "most", std::numeric_limits<std::uint64_t>::max())
      .value(Tag::attribute, "real", 0.1)
      .value(Tag::attribute, "nan", std::nan(""))
      .value(Tag::attribute, "inf", std::numeric_limits<double>::infinity())
      .value(Tag::attribute, "list", numbers)
      .value(Tag::attribute, "json", Json{R"( {"a": [1, 2.5e3]} )"})
      .value(Tag::attribute, "no json", Json{R"({"a":)"})
      .value(Tag::attribute, "", "no key");
  EXPECT_EQ(span(record)["attributes"], (json{{"null", nullptr},
                                              {"yes", true},
                                              {"least", std::numeric_limits<std::int64_t>::min()},
                                              {"most", std::numeric_limits<std::uint64_t>::max()},
                                              {"real", 0.1},
                                              {"nan", nullptr},
                                              {"inf", nullptr},
                                              {"list", {1, 2, 3}},
                                              {"json", {{"a", {1, 2500.0}}}},
                                              {"no json", R"({"a":)"},
                                              {"", "no key"}}));
}

TEST_F(NativeEncoderTest, survives_text_that_is_no_text) {
  using namespace std::string_literals;
  const std::string bad = "a\0b\x1b[31m\xff\xc3\xed\xa0\x80\n\""s;
  RecordBuilder record{bad};
  record.text(Tag::model, {}, bad).text(Tag::error, bad, bad).text(Tag::input, {}, bad);
  record.text(Tag::attribute, bad, bad).text(Tag::trace_tag, {}, bad).text(Tag::message, bad, bad);
  record.value(Tag::output, {}, Json{bad}).value(Tag::score, bad, {{"value", 1.0}, {"comment", bad}});
  const json out = span(record);
  EXPECT_EQ(out["name"].get<std::string>().substr(0, 3), "a\0b"s);
  EXPECT_TRUE(out["output_data"].is_string());
}

TEST_F(NativeEncoderTest, bounds_every_depth) {
  const std::string deep(100'000, '[');
  RecordBuilder record{"deep"};
  record.value(Tag::input, {}, Json{deep}).value(Tag::output, {}, Json{deep + std::string(100'000, ']')});
  auto to = record.writer();
  std::vector<std::uint32_t> open{
      to.open(Tag::attribute, detail::ValueType::array, "k", detail::FieldWriter::no_limit)};
  for (int i = 0; i < 5'000; ++i)
    open.push_back(to.open(Tag::dead, detail::ValueType::array, {}, detail::FieldWriter::no_limit));
  for (; !open.empty(); open.pop_back()) to.close(open.back());
  const json out = span(record);
  EXPECT_EQ(out["input_data"], deep);
  EXPECT_TRUE(out["output_data"].is_string());
  EXPECT_LE(depth_of(out) + 2, 64);
  EXPECT_GT(depth_of(out["attributes"]), 50);
}

TEST_F(NativeEncoderTest, keeps_ready_json_within_the_depth_of_the_body) {
  const auto nested = [](int levels) {
    return std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']');
  };
  for (int levels = 50; levels < 66; ++levels) {
    RecordBuilder record{"deep"};
    record.value(Tag::input, {}, Json{nested(levels)}).value(Tag::attribute, "a", Json{nested(levels)});
    record.value(Tag::event, "e", {{"at", 5}, {"a", Json{nested(levels)}}});
    record.value(Tag::metadata, "m", {{"a", Json{nested(levels)}}});
    EXPECT_LE(depth_of(span(record)) + 2, 64);
    RecordBuilder messages{"messages"};
    messages.value(Tag::messages, {}, Json{nested(levels)}).value(Tag::message, "user", Json{nested(levels)});
    EXPECT_LE(depth_of(span(messages)) + 2, 64);
  }
}

TEST_F(NativeEncoderTest, tells_an_error_in_the_words_that_were_given) {
  RecordBuilder said{"post"};
  said.flags(detail::flag_error).text(Tag::error, "runtime_error", "boom").text(Tag::status, {}, "gave up");
  EXPECT_EQ(span(said)["status"], "error");
  EXPECT_EQ(span(said)["error"], "boom");
  EXPECT_EQ(span(said)["error_type"], "runtime_error");
  EXPECT_EQ(span(said)["status_message"], "gave up");

  RecordBuilder by_status{"post"};
  by_status.flags(detail::flag_error).text(Tag::status, {}, "gave up");
  EXPECT_EQ(span(by_status)["error"], "gave up");
  EXPECT_FALSE(span(by_status).contains("status_message"));

  RecordBuilder left{"post"};
  left.flags(detail::flag_left_by_exception);
  EXPECT_EQ(span(left)["status"], "error");
  EXPECT_EQ(span(left)["error"], "left by an exception");

  RecordBuilder fine{"post"};
  fine.flags(detail::flag_left_by_exception | detail::flag_ok).text(Tag::status, {}, "expected");
  EXPECT_EQ(span(fine)["status"], "ok");
  EXPECT_EQ(span(fine)["status_message"], "expected");
  EXPECT_FALSE(span(fine).contains("error"));
}

TEST_F(NativeEncoderTest, derives_no_number) {
  RecordBuilder record{"call", SpanKind::llm};
  record.value(Tag::usage_input, {}, std::int64_t{120}).value(Tag::usage_output, {}, std::int64_t{48});
  record.value(Tag::usage_input_cache_write_5m, {}, std::int64_t{0}).value(Tag::cost, {}, 0.0021);
  const json out = span(record);
  EXPECT_EQ(out["usage"], (json{{"input", 120}, {"output", 48}, {"input_cache_write_5m", 0}}));
  EXPECT_EQ(out["tokens_input"], 120);
  EXPECT_EQ(out["tokens_output"], 48);
  EXPECT_EQ(out["cost_usd"], 0.0021);
  EXPECT_EQ(out["cost_source"], "caller");
}

TEST_F(NativeEncoderTest, fills_typed_fields_from_well_known_attributes) {
  RecordBuilder record{"call", SpanKind::llm};
  record.value(Tag::attribute, "llm.model", "gpt-4o")
      .value(Tag::attribute, "gen_ai.system", "openai")
      .value(Tag::attribute, "gen_ai.usage.input_tokens", 7)
      .value(Tag::attribute, "llm.output_tokens", 9.0)
      .value(Tag::attribute, "llm.total_tokens", "not a number")
      .value(Tag::attribute, "llm.messages", Json{R"([{"role":"user"}])"})
      .value(Tag::attribute, "llm.response", "hello");
  const json out = span(record);
  EXPECT_EQ(out["model"], "gpt-4o");
  EXPECT_EQ(out["provider"], "openai");
  EXPECT_EQ(out["usage"], (json{{"input", 7}, {"output", 9}}));
  EXPECT_EQ(out["input_data"], json::parse(R"({"messages":[{"role":"user"}]})"));
  EXPECT_EQ(out["output_data"], "hello");
  EXPECT_EQ(out["attributes"].size(), 7U) << "they stay attributes as well";
}

TEST_F(NativeEncoderTest, lets_setters_win_over_attributes) {
  RecordBuilder record{"call"};
  record.text(Tag::model, {}, "typed")
      .value(Tag::usage_input, {}, std::int64_t{1})
      .text(Tag::input, {}, "typed");
  record.value(Tag::attribute, "llm.model", "attribute").value(Tag::attribute, "llm.input_tokens", 2);
  record.value(Tag::attribute, "llm.messages", "attribute");
  const json out = span(record);
  EXPECT_EQ(out["model"], "typed");
  EXPECT_EQ(out["tokens_input"], 1);
  EXPECT_EQ(out["input_data"], "typed");
  EXPECT_EQ(out["attributes"]["llm.messages"], "attribute");
}

TEST_F(NativeEncoderTest, joins_messages_that_were_set_and_added) {
  RecordBuilder added{"call"};
  added.text(Tag::message, "system", "be brief").text(Tag::message, "user", "hi");
  EXPECT_EQ(span(added)["input_data"]["messages"],
            json::parse(R"([{"role":"system","content":"be brief"},{"role":"user","content":"hi"}])"));

  for (const char* set : {R"([1, {"b":"]"}] )", "[ ]", R"({"a":1})", "no json"}) {
    RecordBuilder both{"call"};
    both.value(Tag::messages, {}, Json{set}).text(Tag::message, "user", "hi");
    const json messages = span(both)["input_data"]["messages"];
    EXPECT_EQ(messages.back(), (json{{"role", "user"}, {"content", "hi"}})) << set;
    EXPECT_EQ(messages.size(), set[1] == '1' ? 3U : set[1] == ' ' ? 1U : 2U) << set;
  }
}

TEST_F(NativeEncoderTest, keeps_messages_as_an_attribute_beside_an_input) {
  RecordBuilder record{"call"};
  record.text(Tag::input, {}, "in")
      .text(Tag::message, "user", "hi")
      .value(Tag::attribute, "llm.messages", "mine");
  const json out = span(record);
  EXPECT_EQ(out["input_data"], "in");
  EXPECT_EQ(out["attributes"]["llm.messages"], json::parse(R"([{"role":"user","content":"hi"}])"));
}

TEST_F(NativeEncoderTest, writes_lists) {
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
  record.value(Tag::score, "helpful", {{"value", 0.5}, {"comment", "ok"}})
      .text(Tag::finish_reason, {}, "stop");
  const json out = span(record);
  EXPECT_EQ(out["events"], json::parse(R"([{"name":"retry","time":"2023-11-14T22:13:20.000000001Z",
                                           "attributes":{"why":"busy"}}])"));
  EXPECT_EQ(out["links"], json::parse(R"([{"trace_id":"00000000000000010000000000000002",
                                          "span_id":"0000000000000003"}])"));
  EXPECT_EQ(out["scores"], json::parse(R"([{"name":"helpful","value":0.5,"comment":"ok"}])"));
  EXPECT_EQ(out["finish_reasons"], json::parse(R"(["stop"])"));
}

TEST_F(NativeEncoderTest, says_what_was_cut) {
  RecordBuilder record{"cut"};
  auto to = record.writer();
  to.text(Tag::input, {}, "0123456789", 4);
  to.text(Tag::input, {}, "0123456789ab", 4);
  to.text(Tag::attribute, "k", "0123456789", 4);
  const json out = span(record);
  EXPECT_EQ(out["truncated"], (json{{"input_data", 12}, {"k", 10}}));
  EXPECT_EQ(out["input_data"], "0123");
}

TEST_F(NativeEncoderTest, turns_the_fields_of_an_inner_scope_into_attributes) {
  RecordBuilder record{"inner", SpanKind::chain};
  record.flags(detail::flag_trace_scope | detail::flag_orphan | detail::flag_fields_dropped);
  record.text(Tag::user_id, {}, "u1").text(Tag::session_id, {}, "s9").text(Tag::trace_tag, {}, "a");
  record.text(Tag::trace_tag, {}, "b").value(Tag::metadata, "m", 1).value(Tag::attribute, "user.id", "other");
  const json out = span(record);
  EXPECT_EQ(out["attributes"], json::parse(R"({"user.id":"u1","session.id":"s9","trace.tags":["a","b"],
                                               "llmtrace.orphan":true,"llmtrace.fields_dropped":true})"));
  EXPECT_EQ(out["metadata"], (json{{"m", 1}}));
}

TEST_F(NativeEncoderTest, gives_the_fields_of_a_root_scope_to_the_trace) {
  RecordBuilder record{"chat-request", SpanKind::chain};
  record.trace_root()
      .text(Tag::user_id, {}, "u1")
      .text(Tag::session_id, {}, "s9")
      .text(Tag::trace_tag, {}, "a");
  record.value(Tag::metadata, "m", 1).text(Tag::input, {}, "q").text(Tag::output, {}, "a");
  record.text(Tag::release, {}, "v8");
  const json root = span(record);
  EXPECT_FALSE(root.contains("attributes"));
  EXPECT_FALSE(root.contains("metadata"));
  EXPECT_EQ(root["input_data"], "q");

  TraceTotals totals;
  totals.spans = 4;
  totals.errors = 1;
  totals.tokens_input = 168;
  totals.cost_usd = 0.5;
  EXPECT_EQ(trace(record, TraceState::ended, totals), json::parse(R"({
    "trace_id": "0af7651916cd43dd8448eb211c80319c", "root_span_id": "b7ad6b7169203331", "name": "chat-request",
    "project_id": "shop", "start_time": "2023-11-14T22:13:20.000000000Z",
    "end_time": "2023-11-14T22:13:20.001500000Z", "duration_ms": 1.5, "status": "ok", "metadata": {"m": 1},
    "tags": ["a"], "user_id": "u1", "session_id": "s9", "environment": "prod", "release": "v8", "input": "q",
    "output": "a", "span_count": 4, "error_count": 1, "tokens_input": 168, "total_cost": 0.5,
    "resource": {"service": "bot", "pid": 42}})"));
}

TEST_F(NativeEncoderTest, knows_no_end_of_a_trace_that_has_not_ended) {
  RecordBuilder record{"chat"};
  record.trace_root();
  for (const auto state : {TraceState::running, TraceState::incomplete}) {
    const json out = trace(record, state);
    EXPECT_EQ(out["status"], state == TraceState::running ? "running" : "incomplete");
    EXPECT_FALSE(out.contains("end_time"));
    EXPECT_FALSE(out.contains("duration_ms"));
  }
  record.flags(detail::flag_left_by_exception);
  EXPECT_EQ(trace(record)["status"], "error");
  EXPECT_EQ(trace(record)["error"], "left by an exception");
}

TEST_F(NativeEncoderTest, makes_a_header_of_a_plain_root_without_its_metadata) {
  RecordBuilder record{"call", SpanKind::llm};
  record.flags(detail::flag_root | detail::flag_header)
      .value(Tag::metadata, "m", 1)
      .text(Tag::message, "user", "hi");
  EXPECT_FALSE(trace(record).contains("metadata"));
  EXPECT_EQ(trace(record)["input"]["messages"][0]["content"], "hi");
  EXPECT_EQ(span(record)["metadata"], (json{{"m", 1}}));
}

TEST_F(NativeEncoderTest, reads_records_that_were_cut_or_made_up) {
  RecordBuilder record{"whole"};
  record.value(Tag::attribute, "list", std::vector<int>{1, 2}).value(Tag::score, "s", {{"value", 1.0}});
  record.text(Tag::error, "type", "text").value(Tag::usage_input, {}, std::int64_t{-5});
  const std::string bytes = record.bytes();
  for (std::size_t size = sizeof(detail::RecordHead); size <= bytes.size(); ++size) {
    core::ByteBuffer out;
    ASSERT_TRUE(encoder_.span(out, *core::RecordView::parse(std::string_view{bytes}.substr(0, size))));
    parse_strictly(out.view());
  }
  for (std::size_t at = sizeof(detail::RecordHead); at < bytes.size(); ++at) {
    for (const unsigned mask : {0x01u, 0x80u, 0xffu, 0x40u}) {
      std::string broken = bytes;
      broken[at] = static_cast<char>(static_cast<unsigned char>(broken[at]) ^ mask);
      core::ByteBuffer out;
      ASSERT_TRUE(encoder_.span(out, *core::RecordView::parse(broken)));
      parse_strictly(out.view());
      ASSERT_TRUE(encoder_.trace(out, {*core::RecordView::parse(broken), TraceState::ended, {}}));
    }
  }
}

TEST_F(NativeEncoderTest, leaves_the_buffer_as_it_was_without_memory) {
  RecordBuilder record{"big"};
  record.text(Tag::input, {}, std::string(1000, 'x'));
  core::ByteBuffer out;
  out.append("kept");
  EXPECT_FALSE(out.reserve(core::ByteBuffer::max_capacity + 1));
  EXPECT_TRUE(out.failed());
  EXPECT_FALSE(encoder_.span(out, record.view()));
  EXPECT_EQ(out.view(), "kept");
  EXPECT_TRUE(encoder_.span(out, record.view())) << "and works again";
}

}  // namespace
}  // namespace llmtrace::exporting
