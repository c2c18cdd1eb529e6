// The live stream, and the SDK sending to the collector.
#include "support/collector_fixture.hpp"
#include <llmtrace/llmtrace.hpp>

#include <gmock/gmock.h>

namespace llmtrace::testing_support {
namespace {

using ::testing::HasSubstr;

class Live : public CollectorTest {
 protected:
  void SetUp() override { start(); }

  static std::string id(int number) {
    std::string text = std::to_string(number);
    return std::string(32 - text.size(), '0') + text;
  }
  void store(int number, const std::string& project = "p") const {
    const Json item{{"trace_id", id(number)}, {"span_id", "00000000000000aa"}, {"name", "n"}};
    ASSERT_EQ(post("/api/spans", project, {{"spans", Json::array({item})}}).body["accepted"], 1);
  }
  void open(RawClient& client, const std::string& more = {}, const HeaderLines& headers = {}) const {
    client.send(request_text("GET", "/api/v1/live?project=p" + more, headers, {}));
  }
  static std::string last_id(const std::string& events) {
    const auto at = events.rfind("id: ");
    return events.substr(at + 4, events.find('\n', at) - at - 4);
  }
};

TEST_F(Live, tells_what_has_changed) {
  RawClient client{port()};
  open(client);
  EXPECT_THAT(client.read_until("event: hello"), HasSubstr("Content-Type: text/event-stream"));
  store(1);
  EXPECT_THAT(client.read_until(id(1)), HasSubstr("event: change"));
  store(2);
  EXPECT_THAT(client.read_until(id(2)), HasSubstr("\"sequence\":"));
}

TEST_F(Live, tells_nothing_of_other_projects) {
  RawClient client{port()};
  open(client);
  static_cast<void>(client.read_until("event: hello"));
  store(1, "q");
  store(2, "p");
  const std::string events = client.read_until(id(2));
  EXPECT_EQ(events.find(id(1)), std::string::npos);
}

TEST_F(Live, goes_on_where_a_stream_ended) {
  std::string seen;
  {
    RawClient client{port()};
    open(client);
    static_cast<void>(client.read_until("event: hello"));  // from here on all is told
    store(1);
    seen = last_id(client.read_until("\"traces\":[\"" + id(1)));
  }
  store(2);
  RawClient again{port()};
  open(again, "", {"Last-Event-ID: " + seen});
  const std::string events = again.read_until(id(2));
  EXPECT_EQ(events.find("hello"), std::string::npos);
  EXPECT_EQ(events.find(id(1)), std::string::npos);
}

TEST_F(Live, says_so_when_it_has_forgotten) {
  store(1);
  RawClient client{port()};
  open(client, "&last_event_id=999999999");
  EXPECT_THAT(client.read_until("event: reset"), HasSubstr("200 OK"));
  EXPECT_EQ(get("/api/v1/live?project=p&last_event_id=x").status, 422);
}

TEST_F(Live, ends_with_the_server) {
  RawClient client{port()};
  open(client);
  static_cast<void>(client.read_until("event: hello"));
  service->stop();
  static_cast<void>(client.read_until("0\r\n\r\n"));
  EXPECT_TRUE(client.ends());
}

TEST_F(Live, exports_a_large_trace_in_pieces) {
  for (int batch = 0; batch < 7; ++batch) {
    Json items = Json::array();
    for (int i = 1; i <= 100; ++i) {
      std::string span = std::to_string(batch * 100 + i);
      span.insert(0, 16 - span.size(), '0');
      items.push_back({{"trace_id", id(1)}, {"span_id", span}, {"name", "n"}, {"input_data", "line\nbreak"}});
    }
    ASSERT_EQ(post("/api/spans", "p", {{"spans", items}}).body["accepted"], 100);
  }
  const RawReply reply = ask(port(), "GET", "/api/v1/export?project=p");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(std::count(reply.body.begin(), reply.body.end(), '\n'), 701);
}

TEST_F(Live, takes_what_the_library_sends) {
  Options options;
  options.read_environment = false;
  options.url = "http://127.0.0.1:" + std::to_string(port());
  options.project = "bot";
  {
    auto tracing = Tracer::init(options);
    ASSERT_TRUE(tracing);
    TraceScope trace{"chat-request"};
    trace.set_user("u1").add_tag("prod");
    {
      Span span{"gpt-4-call", SpanKind::llm};
      span.set_model("gpt-4o").set_input("Where?").set("attempt", 1);
      span.set_output("Here.").set_cost(0.25);
    }
    { Span{"tool", SpanKind::tool}.set_error("broken"); }
    trace.set_output("answered");
  }
  const Json list = get("/api/v1/traces?project=bot").body;
  ASSERT_EQ(list["count"], 1);
  const std::string trace_id = list["traces"][0]["trace_id"].get<std::string>();
  const Json answer = get("/api/v1/traces/" + trace_id + "?project=bot&detail=full").body;
  EXPECT_EQ(answer["trace"]["name"], "chat-request");
  EXPECT_EQ(answer["trace"]["user_id"], "u1");
  EXPECT_EQ(answer["trace"]["tags"], Json::array({"prod"}));
  EXPECT_EQ(answer["trace"]["output"], "answered");
  EXPECT_EQ(answer["trace"]["error_count"], 1);
  EXPECT_EQ(answer["trace"]["total_cost"], 0.25);
  ASSERT_EQ(answer["spans"].size(), 3u);
  const Json& call = answer["spans"][1];
  EXPECT_EQ(call["name"], "gpt-4-call");
  EXPECT_EQ(call["model"], "gpt-4o");
  EXPECT_EQ(call["input_data"], "Where?");
  EXPECT_EQ(call["attributes"]["attempt"], 1);
  EXPECT_EQ(answer["spans"][2]["error"], "broken");
}

}  // namespace
}  // namespace llmtrace::testing_support
