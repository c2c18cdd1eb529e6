// The batch calls: what is stored, what is rejected and why.
#include "net/gzip.hpp"
#include "support/collector_fixture.hpp"

#include <gmock/gmock.h>

namespace llmtrace::testing_support {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* trace_id = "78bc927ded35455daad71e75cde2b88e";

class BatchIngest : public CollectorTest {
 protected:
  void SetUp() override { start(); }

  static Json span(const char* id, const Json& more = {}) {
    Json item{
        {"trace_id", trace_id}, {"span_id", id}, {"name", "call"}, {"start_time", "2026-01-01T00:00:00Z"}};
    if (more.is_object()) item.update(more);
    return item;
  }
  JsonReply post_spans(const Json& items) { return post("/api/spans", "p", {{"spans", items}}); }
  JsonReply post_traces(const Json& items) { return post("/api/traces", "p", {{"traces", items}}); }
  Json stored_span(const std::string& id) {
    return get("/api/v1/traces/" + std::string{trace_id} + "/spans/" + id + "?project=p").body;
  }
  std::string error_of(const Json& item) {
    const JsonReply reply = post_spans({span("00000000000000aa"), item});
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body["accepted"], 1);
    if (reply.body["rejected"].size() != 1) return "nothing was rejected";
    EXPECT_EQ(reply.body["rejected"][0]["index"], 1);
    return reply.body["rejected"][0]["error"].get<std::string>();
  }
};

TEST_F(BatchIngest, keeps_every_field_of_a_span) {
  const Json sent{
      {"trace_id", trace_id},
      {"span_id", "caa69c1e0798ff49"},
      {"parent_span_id", "db9c559891948d23"},
      {"name", "ans\u00fcwer \u4e2d\u6587 \"quoted\"\n"},
      {"span_type", "llm"},
      {"start_time", "2026-01-01T00:00:04.000125123Z"},
      {"end_time", "2026-01-01T00:00:04.812525456Z"},
      {"duration_ms", 812.400333},
      {"status", "error"},
      {"error", "late"},
      {"error_type", "timeout"},
      {"status_message", "m"},
      {"operation", "chat"},
      {"agent_type", "planner"},
      {"input_data",
       {{"messages", {{{"role", "user"}, {"content", std::string("hi \\ \0 \xf0\x9f\x98\x80", 11)}}}}}},
      {"output_data", "text"},
      {"metadata", {{"k", {1, 2.5, nullptr, true, "x"}}}},
      {"attributes", {{"a", 1}}},
      {"model", "gpt-4o"},
      {"response_model", "gpt-4o-2024"},
      {"provider", "openai"},
      {"response_id", "r7"},
      {"finish_reasons", {"stop"}},
      {"parameters", {{"temperature", 0.2}}},
      {"output_text", "text"},
      {"reasoning", "because"},
      {"tool_calls", {{{"name", "t"}}}},
      {"stream", true},
      {"cancelled", false},
      {"tokens_input", 120},
      {"tokens_output", 48},
      {"usage", {{"input", 120}, {"input_cached", 64}}},
      {"cost_usd", 0.00078},
      {"cost_details", {{"input", 0.0005}}},
      {"cost_source", "caller"},
      {"time_to_first_token_ms", 201.5},
      {"chunk_count", 41},
      {"events", {{{"name", "shown"}}}},
      {"links", Json::array()},
      {"scores", {{{"name", "s"}, {"value", 0.9}}}},
      {"truncated", {{"input_data", 9000}}}};
  ASSERT_EQ(post_spans(Json::array({sent})).body["accepted"], 1);
  Json stored = stored_span("caa69c1e0798ff49");
  EXPECT_GT(stored["input_bytes"], 0);
  stored.erase("input_bytes");
  stored.erase("output_bytes");
  EXPECT_EQ(stored, sent);
}

TEST_F(BatchIngest, keeps_every_field_of_a_trace) {
  const Json sent{{"trace_id", trace_id},
                  {"root_span_id", "db9c559891948d23"},
                  {"name", "chat"},
                  {"project_id", "p"},
                  {"start_time", "2026-01-01T00:00:01.000000000Z"},
                  {"end_time", "2026-01-01T00:00:04.812525000Z"},
                  {"duration_ms", 3812.525},
                  {"status", "error"},
                  {"error", "late"},
                  {"metadata", {{"plan", "pro"}}},
                  {"tags", {"prod", "eu"}},
                  {"user_id", "u1"},
                  {"session_id", "s9"},
                  {"environment", "production"},
                  {"release", "1.4.2"},
                  {"input", {{"q", "where?"}}},
                  {"output", {1, 2}},
                  {"resource", {{"host.name", "web-3"}}}};
  ASSERT_EQ(post_traces(Json::array({sent})).body["accepted"], 1);
  const Json stored = get("/api/v1/traces/" + std::string{trace_id} + "?project=p").body["trace"];
  for (const auto& [key, value] : sent.items()) EXPECT_EQ(stored[key], value) << key;
}

TEST_F(BatchIngest, says_what_is_wrong_with_each_field) {
  const auto with = [](const char* field, const Json& value) {
    return BatchIngest::span("00000000000000bb", {{field, value}});
  };
  for (const char* field :
       {"name", "error", "error_type", "operation", "model", "provider", "output_text", "reasoning"})
    for (const Json& wrong : {Json(1), Json(true), Json::object(), Json::array()})
      EXPECT_EQ(error_of(with(field, wrong)), std::string{field} + ": not a text");
  for (const char* field : {"metadata", "attributes", "parameters", "usage", "cost_details", "truncated"})
    for (const Json& wrong : {Json(1), Json("x"), Json::array()})
      EXPECT_EQ(error_of(with(field, wrong)), std::string{field} + ": not an object");
  for (const char* field : {"events", "links", "scores", "tool_calls", "finish_reasons"})
    for (const Json& wrong : {Json(1), Json("x"), Json::object()})
      EXPECT_EQ(error_of(with(field, wrong)), std::string{field} + ": not a list");
  for (const char* field : {"tokens_input", "tokens_output", "chunk_count"})
    for (const Json& wrong : {Json(-1), Json(1.5), Json("1"), Json(1e300)})
      EXPECT_EQ(error_of(with(field, wrong)), std::string{field} + ": not a whole number of 0 or more");
  for (const char* field : {"duration_ms", "time_to_first_token_ms", "cost_usd"})
    for (const Json& wrong : {Json(-0.5), Json("1"), Json::array()})
      EXPECT_EQ(error_of(with(field, wrong)), std::string{field} + ": not a number of 0 or more");
  for (const char* field : {"stream", "cancelled"})
    EXPECT_EQ(error_of(with(field, "yes")), std::string{field} + ": not true or false");
  EXPECT_EQ(error_of(with("cost_usd", 1e30)), "cost_usd: too large");
  EXPECT_THAT(error_of(with("span_type", "LLM")), StartsWith("span_type: not one of llm"));
  EXPECT_THAT(error_of(with("status", "fine")), StartsWith("status: not one of running"));
}

TEST_F(BatchIngest, says_what_is_wrong_with_ids_and_times) {
  const auto with = [](const char* field, const Json& value) {
    return BatchIngest::span("00000000000000bb", {{field, value}});
  };
  for (const Json& wrong :
       {Json(""), Json("x"), Json(std::string(15, '1')), Json(std::string(17, '1')), Json(1)})
    EXPECT_EQ(error_of(with("span_id", wrong)), "span_id: not 16 hexadecimal digits");
  EXPECT_EQ(error_of(with("span_id", std::string(16, '0'))), "span_id: all zeros");
  EXPECT_EQ(error_of(with("trace_id", std::string(31, '1'))), "trace_id: not 32 hexadecimal digits");
  EXPECT_EQ(error_of(with("trace_id", std::string(32, '0'))), "trace_id: all zeros");
  EXPECT_EQ(error_of(with("parent_span_id", "x")), "parent_span_id: not 16 hexadecimal digits");
  EXPECT_EQ(error_of(with("parent_span_id", "00000000000000bb")), "parent_span_id: the span itself");
  EXPECT_EQ(error_of({{"span_id", "00000000000000bb"}}), "trace_id: missing");
  EXPECT_EQ(error_of({{"trace_id", trace_id}}), "span_id: missing");
  for (const Json& wrong : {Json("yesterday"), Json("2026-02-30T00:00:00Z"), Json("2026-01-01"),
                            Json(1767225600), Json("9999-01-01T00:00:00Z"), Json("2026-01-01T00:00:00")})
    EXPECT_THAT(error_of(with("start_time", wrong)), StartsWith("start_time: not an RFC 3339 time"));
  EXPECT_EQ(error_of(with("end_time", "2025-12-31T23:59:59Z")), "end_time: before start_time");
  EXPECT_EQ(error_of(with("project_id", "q")), "project_id: \"q\" is not the project of the key");
}

TEST_F(BatchIngest, rejects_what_is_no_item_and_stores_the_rest) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "[";
  deep += std::string(100, ']');
  const std::string good = span("00000000000000aa").dump();
  const std::string bad_items[] = {"1",
                                   "\"x\"",
                                   "null",
                                   "[]",
                                   "{\"name\":\"\xff\"}",
                                   "{\"name\":\"\\ud800\"}",
                                   "{\"a\":" + deep + "}",
                                   "{\"a\":01}",
                                   "{\"a\":tru}",
                                   "{\"a\":\"\\x\"}"};
  for (const std::string& bad : bad_items) {
    const JsonReply reply = call("POST", "/api/spans", "p", "{\"spans\":[" + bad + "," + good + "]}");
    ASSERT_EQ(reply.status, 200) << bad;
    EXPECT_EQ(reply.body["accepted"], 1) << bad;
    EXPECT_EQ(reply.body["rejected"][0]["index"], 0) << bad;
  }
}

TEST_F(BatchIngest, refuses_bodies_that_are_no_batch) {
  for (const std::string body :
       {"[]", "[{}]", "{}", "null", "x", "{\"spans\":{}}", "{\"spans\":[}", "{\"spans\":[{}",
        "{\"spans\":[],}", "{\"spans\":[] \"x\":1}", "{\"spans\":[],\"spans\":[]}", "{\"spans\":[{},]}",
        "{\"spans\":[]}x", "{\"x\":nope,\"spans\":[]}"}) {
    const JsonReply reply = call("POST", "/api/spans", "p", body);
    EXPECT_EQ(reply.status, 422) << body;
    EXPECT_TRUE(reply.body["detail"].is_string()) << body;
  }
  EXPECT_EQ(call("POST", "/api/traces", "p", "[]").status, 422);
  EXPECT_EQ(post_spans(Json::array()).body, (Json{{"accepted", 0}, {"rejected", Json::array()}}));
}

TEST_F(BatchIngest, limits_the_items_of_a_body) {
  std::string body = "{\"spans\":[";
  for (int i = 0; i < 10'001; ++i) body += i == 0 ? "{}" : ",{}";
  EXPECT_EQ(call("POST", "/api/spans", "p", body + "]}").status, 422);
}

TEST_F(BatchIngest, rejects_fields_that_are_too_large) {
  EXPECT_EQ(error_of(span("00000000000000bb", {{"input_data", std::string(9 * 1024 * 1024, 'x')}})),
            "input_data: larger than 8 MiB");
}

TEST_F(BatchIngest, is_there_once_however_often_and_in_whatever_order_it_comes) {
  const Json start = span("00000000000000aa", {{"input_data", "in"}, {"status", "running"}});
  const Json end = span("00000000000000aa", {{"output_data", "out"},
                                             {"end_time", "2026-01-01T00:00:01Z"},
                                             {"status", "ok"},
                                             {"tokens_input", 10},
                                             {"cost_usd", 0.5}});
  for (const Json& item : {end, start, end, start, start, end}) post_spans(Json::array({item}));
  const Json answer = get("/api/v1/traces/" + std::string{trace_id} + "?project=p&detail=full").body;
  ASSERT_EQ(answer["spans"].size(), 1u);
  EXPECT_EQ(answer["spans"][0]["input_data"], "in");
  EXPECT_EQ(answer["spans"][0]["output_data"], "out");
  EXPECT_EQ(answer["spans"][0]["status"], "ok");
  EXPECT_EQ(answer["trace"]["tokens_input"], 10);
  EXPECT_EQ(answer["trace"]["total_cost"], 0.5);
}

TEST_F(BatchIngest, shows_a_trace_before_its_header) {
  post_spans(Json::array({span("00000000000000aa", {{"name", "root"}})}));
  const Json trace = get("/api/v1/traces/" + std::string{trace_id} + "?project=p").body["trace"];
  EXPECT_EQ(trace["header"], false);
  EXPECT_EQ(trace["name"], "root");
  EXPECT_EQ(trace["status"], "running");
}

TEST_F(BatchIngest, separates_projects_that_use_the_same_ids) {
  post("/api/spans", "p", {{"spans", Json::array({span("00000000000000aa", {{"name", "of p"}})})}});
  post("/api/spans", "q", {{"spans", Json::array({span("00000000000000aa", {{"name", "of q"}})})}});
  EXPECT_EQ(stored_span("00000000000000aa")["name"], "of p");
  const auto of_q = "/api/v1/traces/" + std::string{trace_id} + "/spans/00000000000000aa?project=q";
  EXPECT_EQ(get(of_q).body["name"], "of q");
}

TEST_F(BatchIngest, wants_json_and_a_key) {
  const std::string body = Json{{"spans", Json::array({span("00000000000000aa")})}}.dump();
  const std::string key = "X-API-Key: project-p";
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""})
    EXPECT_EQ(ask(port(), "POST", "/api/spans", {key, std::string{"Content-Type: "} + type}, body).status,
              415)
        << type;
  EXPECT_EQ(
      ask(port(), "POST", "/api/spans", {key, "Content-Type: Application/JSON; charset=utf-8"}, body).status,
      200);
  EXPECT_EQ(ask(port(), "POST", "/api/spans", {"Content-Type: application/json"}, body).status, 401);
  EXPECT_EQ(ask(port(), "POST", "/api/spans",
                {"Authorization: Bearer project-p", "Content-Type: application/json"}, body)
                .status,
            200);
}

TEST_F(BatchIngest, takes_gzip) {
  const std::string body = Json{{"spans", Json::array({span("00000000000000aa")})}}.dump();
  const std::string_view pieces[] = {body};
  const RawReply reply =
      ask(port(), "POST", "/api/spans",
          {"X-API-Key: project-p", "Content-Type: application/json", "Content-Encoding: gzip"},
          *net::gzip(pieces));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(Json::parse(reply.body)["accepted"], 1);
}

}  // namespace
}  // namespace llmtrace::testing_support
