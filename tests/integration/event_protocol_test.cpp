// The older protocol, call by call.
#include "support/collector_fixture.hpp"

#include <gmock/gmock.h>

#include <set>

namespace llmtrace::testing_support {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class EventProtocol : public CollectorTest {
 protected:
  void SetUp() override { start(); }

  std::string new_trace(const Json& more = {}, const std::string& project = "test") {
    Json body{{"name", "agent run"}, {"project_id", project}};
    if (more.is_object()) body.update(more);
    const JsonReply reply = post("/api/traces", project, body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(reply.body["status"], "created");
    return reply.body.value("trace_id", "");
  }
  std::string new_span(const std::string& trace, const Json& more = {}) {
    Json body{{"name", "call"}, {"span_type", "llm"}};
    if (more.is_object()) body.update(more);
    const JsonReply reply = post("/api/traces/" + trace + "/spans", "test", body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(reply.body["status"], "created");
    return reply.body.value("span_id", "");
  }
  Json show(const std::string& trace) { return get("/api/traces/" + trace, "test").body; }
};

TEST_F(EventProtocol, creates_a_trace_and_gives_it_an_id) {
  const std::string id = new_trace();
  EXPECT_THAT(id, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(id, new_trace());
  const Json trace = show(id)["trace"];
  EXPECT_EQ(trace["trace_id"], id);
  EXPECT_EQ(trace["name"], "agent run");
  EXPECT_EQ(trace["project_id"], "test");
  EXPECT_THAT(trace["start_time"].get<std::string>(), MatchesRegex("20..-..-..T.*Z"));
  for (const char* unknown : {"end_time", "duration_ms", "user_id", "session_id", "output"})
    EXPECT_TRUE(trace.at(unknown).is_null()) << unknown;
  EXPECT_EQ(trace["metadata"], Json::object());
  EXPECT_EQ(trace["tags"], Json::array());
  EXPECT_EQ(trace["span_count"], 0);
  EXPECT_EQ(trace["total_cost"], 0);
}

TEST_F(EventProtocol, keeps_what_a_trace_was_created_with) {
  const Json metadata{{"plan", "pro"}, {"nested", {{"n", 1.5}, {"list", {1, "two", nullptr, true}}}}};
  const std::string id = new_trace({{"metadata", metadata},
                                    {"tags", {" prod ", "", "  ", "eu", std::string(150, 'x')}},
                                    {"user_id", "u1"},
                                    {"session_id", "s9"}});
  const Json trace = show(id)["trace"];
  EXPECT_EQ(trace["metadata"], metadata);
  EXPECT_EQ(trace["tags"], (Json{"prod", "eu", std::string(100, 'x')}));
  EXPECT_EQ(trace["user_id"], "u1");
  EXPECT_EQ(trace["session_id"], "s9");
}

TEST_F(EventProtocol, takes_null_for_what_may_be_absent) {
  const std::string id =
      new_trace({{"metadata", nullptr}, {"tags", nullptr}, {"user_id", nullptr}, {"session_id", nullptr}});
  const std::string span = new_span(id, {{"parent_span_id", nullptr},
                                         {"input_data", nullptr},
                                         {"output_data", nullptr},
                                         {"metadata", nullptr},
                                         {"model", nullptr},
                                         {"tokens_input", nullptr},
                                         {"tokens_output", nullptr},
                                         {"cost_usd", nullptr},
                                         {"error", nullptr}});
  EXPECT_EQ(
      patch("/api/spans/" + span + "/complete", "test",
            {{"output_data", nullptr}, {"error", nullptr}, {"tokens_input", nullptr}, {"cost_usd", nullptr}})
          .status,
      200);
  EXPECT_EQ(
      patch("/api/traces/" + id + "/complete", "test", {{"output", nullptr}, {"metadata", nullptr}}).status,
      200);
}

TEST_F(EventProtocol, keeps_what_a_span_was_created_with) {
  const std::string id = new_trace();
  const std::string parent = new_span(id, {{"name", "agent"}, {"span_type", "agent"}});
  EXPECT_THAT(parent, MatchesRegex("[0-9a-f]{16}"));
  const std::string child = new_span(id, {{"parent_span_id", parent},
                                          {"input_data", {{"q", "where?"}}},
                                          {"output_data", {{"a", "here"}}},
                                          {"metadata", {{"k", "v"}}},
                                          {"model", "gpt-4"},
                                          {"tokens_input", 100},
                                          {"tokens_output", 50},
                                          {"cost_usd", 0.0125},
                                          {"error", "late"}});
  const Json answer = show(id);
  ASSERT_EQ(answer["span_count"], 2);
  EXPECT_EQ(answer["spans"][0]["span_id"], parent);
  const Json span = answer["spans"][1];
  EXPECT_EQ(span["span_id"], child);
  EXPECT_EQ(span["trace_id"], id);
  EXPECT_EQ(span["parent_span_id"], parent);
  EXPECT_EQ(span["input_data"], (Json{{"q", "where?"}}));
  EXPECT_EQ(span["output_data"], (Json{{"a", "here"}}));
  EXPECT_EQ(span["metadata"], (Json{{"k", "v"}}));
  EXPECT_EQ(span["model"], "gpt-4");
  EXPECT_EQ(span["tokens_input"], 100);
  EXPECT_EQ(span["tokens_output"], 50);
  EXPECT_EQ(span["cost_usd"], 0.0125);
  EXPECT_EQ(span["error"], "late");
  EXPECT_TRUE(span["end_time"].is_null());
  EXPECT_TRUE(span["duration_ms"].is_null());
}

TEST_F(EventProtocol, knows_all_types_of_spans) {
  const std::string id = new_trace();
  for (const char* type : {"llm", "tool", "agent", "function", "retrieval", "embedding", "chain", "other"})
    EXPECT_NE(new_span(id, {{"span_type", type}}), "");
  std::set<std::string> types;
  const Json answer = show(id);
  for (const Json& span : answer["spans"]) types.insert(span["span_type"].get<std::string>());
  EXPECT_EQ(types.size(), 8u);
}

TEST_F(EventProtocol, completes_a_span) {
  const std::string id = new_trace();
  const std::string span = new_span(id, {{"input_data", {{"q", 1}}}});
  const JsonReply reply = patch("/api/spans/" + span + "/complete", "test",
                                {{"output_data", {{"content", "text"}}},
                                 {"tokens_input", 7},
                                 {"tokens_output", 0},
                                 {"cost_usd", 0.5},
                                 {"unknown_member", 1}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, (Json{{"span_id", span}, {"status", "completed"}}));
  const Json stored = show(id)["spans"][0];
  EXPECT_EQ(stored["input_data"], (Json{{"q", 1}}));
  EXPECT_EQ(stored["output_data"], (Json{{"content", "text"}}));
  EXPECT_EQ(stored["tokens_input"], 7);
  EXPECT_EQ(stored["tokens_output"], 0);
  EXPECT_EQ(stored["cost_usd"], 0.5);
  EXPECT_TRUE(stored["error"].is_null());
  EXPECT_TRUE(stored["duration_ms"].is_number_integer());
  EXPECT_FALSE(stored["end_time"].is_null());
}

TEST_F(EventProtocol, completes_a_trace) {
  const std::string id = new_trace({{"metadata", {{"plan", "pro"}}}});
  const JsonReply reply = patch("/api/traces/" + id + "/complete", "test",
                                {{"output", "answered"}, {"metadata", {{"turns", 3}}}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, (Json{{"trace_id", id}, {"status", "completed"}}));
  const Json trace = show(id)["trace"];
  EXPECT_EQ(trace["output"], "answered");
  EXPECT_EQ(trace["metadata"], (Json{{"plan", "pro"}, {"turns", 3}}));
  EXPECT_TRUE(trace["duration_ms"].is_number_integer());
  EXPECT_FALSE(trace["end_time"].is_null());
}

TEST_F(EventProtocol, counts_what_a_project_has) {
  const std::string id = new_trace();
  new_span(id, {{"tokens_input", 100}, {"tokens_output", 20}, {"cost_usd", 0.25}});
  new_span(id, {{"tokens_input", 5}});
  new_trace();
  const Json stats = get("/api/stats", "test").body;
  EXPECT_EQ(stats["total_traces"], 2);
  EXPECT_EQ(stats["total_spans"], 2);
  EXPECT_EQ(stats["total_tokens"], 125);
  EXPECT_EQ(stats["total_cost"], 0.25);
  const Json trace = show(id)["trace"];
  EXPECT_EQ(trace["span_count"], 2);
  EXPECT_EQ(trace["total_cost"], 0.25);
}

TEST_F(EventProtocol, pages_from_the_newest_to_the_oldest) {
  std::vector<std::string> made;
  for (int i = 0; i < 5; ++i) made.push_back(new_trace({{"name", "trace " + std::to_string(i)}}));
  std::vector<std::string> listed;
  std::string cursor;
  for (int page = 0; page < 3; ++page) {
    const JsonReply reply = get("/api/traces?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor), "test");
    ASSERT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body["count"], page < 2 ? 2 : 1);
    EXPECT_EQ(reply.body["has_more"], page < 2);
    EXPECT_EQ(reply.body["next_cursor"].is_null(), page == 2);
    for (const Json& trace : reply.body["traces"]) listed.push_back(trace["trace_id"].get<std::string>());
    if (page < 2) cursor = reply.body["next_cursor"].get<std::string>();
  }
  std::reverse(made.begin(), made.end());
  EXPECT_EQ(listed, made);
}

TEST_F(EventProtocol, lists_by_user_session_and_tag) {
  const std::string a = new_trace({{"user_id", "u1"}, {"session_id", "s1"}, {"tags", {"prod", "eu"}}});
  const std::string b = new_trace({{"user_id", "u2"}, {"session_id", "s1"}, {"tags", {"dev"}}});
  new_trace({{"user_id", "u3"}});
  const auto listed = [&](const std::string& query) {
    std::set<std::string> ids;
    const JsonReply reply = get("/api/traces?" + query, "test");
    for (const Json& trace : reply.body["traces"]) ids.insert(trace["trace_id"].get<std::string>());
    return ids;
  };
  using Ids = std::set<std::string>;
  EXPECT_EQ(listed("user_id=u1"), Ids{a});
  EXPECT_EQ(listed("session_id=s1"), (Ids{a, b}));
  EXPECT_EQ(listed("session_id=s1&user_id=u2"), Ids{b});
  EXPECT_EQ(listed("tags=eu"), Ids{a});
  EXPECT_EQ(listed("tags=eu,dev"), (Ids{a, b}));
  EXPECT_EQ(listed("tags=nothing"), Ids{});
}

TEST_F(EventProtocol, wants_a_key) {
  const Json trace{{"name", "x"}, {"project_id", "test"}};
  EXPECT_EQ(post("/api/traces", "", trace).status, 401);
  EXPECT_EQ(post("/api/traces/" + std::string(32, '1') + "/spans", "", {{"name", "x"}, {"span_type", "llm"}})
                .status,
            401);
  EXPECT_EQ(patch("/api/spans/1/complete", "", Json::object()).status, 401);
  EXPECT_EQ(patch("/api/traces/1/complete", "", Json::object()).status, 401);
  for (const char* target : {"/api/traces", "/api/traces/1", "/api/stats"})
    EXPECT_EQ(get(target).status, 401);
  for (const char* key : {"test", "project-", "project-a b", "project-\xc3\xa9", "PROJECT-test"}) {
    const RawReply reply = ask(port(), "GET", "/api/stats", {std::string{"X-API-Key: "} + key});
    EXPECT_EQ(reply.status, 401) << key;
    EXPECT_TRUE(Json::parse(reply.body).contains("detail"));
  }
}

TEST_F(EventProtocol, refuses_a_trace_of_another_project) {
  const JsonReply reply = post("/api/traces", "test", {{"name", "x"}, {"project_id", "other"}});
  EXPECT_EQ(reply.status, 403);
  EXPECT_TRUE(reply.body["detail"].is_string());
}

TEST_F(EventProtocol, finds_no_trace_or_span_that_is_not_there) {
  const std::string unknown(32, '7');
  const Json span{{"name", "x"}, {"span_type", "llm"}};
  for (const std::string& id :
       {unknown, std::string{"nonexistent"}, std::string{"6f9619ff-8b86-d011-b42d-00cf4fc964ff"}}) {
    EXPECT_EQ(get("/api/traces/" + id, "test").status, 404);
    EXPECT_EQ(post("/api/traces/" + id + "/spans", "test", span).status, 404);
    EXPECT_EQ(patch("/api/traces/" + id + "/complete", "test", Json::object()).status, 404);
    EXPECT_EQ(patch("/api/spans/" + id + "/complete", "test", Json::object()).status, 404);
  }
  EXPECT_EQ(patch("/api/spans/7777777777777777/complete", "test", Json::object()).status, 404);
  EXPECT_EQ(get("/api/stats", "test").body["total_spans"], 0);
}

TEST_F(EventProtocol, hides_a_project_from_the_others) {
  const std::string id = new_trace();
  const std::string span = new_span(id);
  EXPECT_EQ(get("/api/traces/" + id, "other").status, 404);
  EXPECT_EQ(post("/api/traces/" + id + "/spans", "other", {{"name", "x"}, {"span_type", "llm"}}).status, 404);
  EXPECT_EQ(patch("/api/traces/" + id + "/complete", "other", {{"output", "mine"}}).status, 404);
  EXPECT_THAT(patch("/api/spans/" + span + "/complete", "other", Json::object()).status, AnyOf(403, 404));
  EXPECT_EQ(get("/api/traces", "other").body["count"], 0);
  EXPECT_EQ(get("/api/stats", "other").body["total_traces"], 0);
  EXPECT_TRUE(show(id)["trace"]["output"].is_null());
}

TEST_F(EventProtocol, refuses_traces_that_are_not_valid) {
  const std::string long_name(256, 'n');
  Json many_tags = Json::array();
  for (int i = 0; i < 51; ++i) many_tags.push_back("t");
  const Json good{{"name", "x"}, {"project_id", "test"}};
  const auto with = [&](const char* member, const Json& value) {
    Json body = good;
    body[member] = value;
    return body.dump();
  };
  const std::vector<std::string> bodies{"",
                                        "{",
                                        "[]",
                                        "null",
                                        "\"text\"",
                                        "{\"name\":\"x\"}",
                                        "{\"project_id\":\"test\"}",
                                        "{\"name\":\"x\",}",
                                        with("name", ""),
                                        with("name", 5),
                                        with("name", nullptr),
                                        with("name", long_name),
                                        with("project_id", ""),
                                        with("project_id", "a b"),
                                        with("project_id", std::string(101, 'p')),
                                        with("project_id", 5),
                                        with("metadata", "text"),
                                        with("metadata", Json::array()),
                                        with("tags", "text"),
                                        with("tags", {1, 2}),
                                        with("tags", many_tags),
                                        with("user_id", 5),
                                        with("user_id", std::string(256, 'u')),
                                        with("session_id", std::string(256, 's')),
                                        "{\"name\":\"\xff\",\"project_id\":\"test\"}"};
  for (const std::string& body : bodies) {
    const JsonReply reply = call("POST", "/api/traces", "test", body.empty() ? " " : body);
    EXPECT_EQ(reply.status, 422) << body;
    EXPECT_TRUE(reply.body["detail"].is_array()) << body;
  }
  EXPECT_EQ(call("POST", "/api/traces", "test", "[]").body["detail"].size(), 1U)
      << "no fields are missed in a list";
  EXPECT_EQ(post("/api/traces", "test", {{"name", std::string(255, 'n')}, {"project_id", "test"}}).status,
            200);
}

TEST_F(EventProtocol, refuses_spans_that_are_not_valid) {
  const std::string id = new_trace();
  const Json good{{"name", "x"}, {"span_type", "llm"}};
  const std::vector<std::pair<const char*, Json>> wrong{{"name", ""},
                                                        {"name", nullptr},
                                                        {"span_type", "LLM"},
                                                        {"span_type", nullptr},
                                                        {"span_type", 1},
                                                        {"input_data", "text"},
                                                        {"input_data", {1}},
                                                        {"output_data", 1},
                                                        {"metadata", "text"},
                                                        {"model", 1},
                                                        {"tokens_input", -1},
                                                        {"tokens_input", 1.5},
                                                        {"tokens_output", -5},
                                                        {"cost_usd", -0.1},
                                                        {"cost_usd", "much"},
                                                        {"error", 1},
                                                        {"model", std::string(256, 'm')},
                                                        {"parent_span_id", std::string(101, 'p')}};
  for (const auto& [member, value] : wrong) {
    Json body = good;
    body[member] = value;
    EXPECT_EQ(post("/api/traces/" + id + "/spans", "test", body).status, 422) << body;
  }
  EXPECT_EQ(call("POST", "/api/traces/" + id + "/spans", "test", "[]").status, 422);
  EXPECT_EQ(show(id)["span_count"], 0);
}

TEST_F(EventProtocol, refuses_completions_that_are_not_valid) {
  const std::string id = new_trace();
  const std::string span = new_span(id);
  const std::vector<std::pair<const char*, Json>> wrong{
      {"output_data", "text"}, {"error", 1}, {"tokens_input", -1}, {"tokens_output", "x"}, {"cost_usd", -1}};
  for (const auto& [member, value] : wrong)
    EXPECT_EQ(patch("/api/spans/" + span + "/complete", "test", {{member, value}}).status, 422) << member;
  EXPECT_EQ(patch("/api/traces/" + id + "/complete", "test", {{"output", 5}}).status, 422);
  EXPECT_EQ(patch("/api/traces/" + id + "/complete", "test", {{"metadata", "x"}}).status, 422);
  EXPECT_EQ(call("PATCH", "/api/traces/" + id + "/complete", "test", "[]").status, 422);
  EXPECT_TRUE(show(id)["spans"][0]["end_time"].is_null());
}

TEST_F(EventProtocol, refuses_queries_that_are_not_valid) {
  for (const char* query :
       {"limit=0", "limit=1001", "limit=-1", "limit=x", "limit=1.5", "cursor=nonsense", "user_id=%zz"})
    EXPECT_EQ(get(std::string{"/api/traces?"} + query, "test").status, 422) << query;
}

TEST_F(EventProtocol, keeps_true_times_from_the_metadata) {
  const std::string id = new_trace({{"metadata", {{"llmtrace.start_time", "2026-01-01T00:00:01Z"}}}});
  const std::string span = new_span(id, {{"metadata", {{"llmtrace.start_time", "2026-01-01T00:00:02Z"}}}});
  const auto completed = [](const char* time) { return Json{{"metadata", {{"llmtrace.end_time", time}}}}; };
  patch("/api/spans/" + span + "/complete", "test", completed("2026-01-01T00:00:03.5Z"));
  patch("/api/traces/" + id + "/complete", "test", completed("2026-01-01T00:00:05Z"));
  const Json answer = show(id);
  EXPECT_EQ(answer["trace"]["duration_ms"], 4000);
  EXPECT_EQ(answer["spans"][0]["duration_ms"], 1500);
  EXPECT_EQ(answer["spans"][0]["start_time"], "2026-01-01T00:00:02.000000000Z");
}

TEST_F(EventProtocol, is_healthy) {
  const JsonReply reply = get("/health");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body["status"], "healthy");
  EXPECT_EQ(ask(port(), "GET", "/").status, 200);
}

}  // namespace
}  // namespace llmtrace::testing_support
