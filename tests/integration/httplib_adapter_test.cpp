#include "support/fault_server.hpp"
#include "support/tracing.hpp"
#include <llmtrace/adapters/httplib.hpp>
#include <llmtrace/llmtrace.hpp>

#include <string>

namespace llmtrace {
namespace {

using testing_support::FaultServer;
using testing_support::reply;
using testing_support::Tracing;

constexpr const char* path = "/v1/messages";
constexpr const char* body =
    R"({"model":"claude-3-5-sonnet-latest","max_tokens":64,"messages":[{"role":"user","content":"Hi"}]})";
constexpr const char* answer =
    R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-3-5-sonnet-20241022",)"
    R"("content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn",)"
    R"("usage":{"input_tokens":9,"output_tokens":3}})";
const std::string stream =
    "event: message_start\ndata: "
    "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_2\",\"type\":\"message\","
    "\"role\":\"assistant\",\"model\":\"claude-3-5-sonnet-20241022\",\"content\":[],\"usage\":{\"input_"
    "tokens\":9,"
    "\"output_tokens\":1}}}\n\n"
    "event: content_block_start\ndata: "
    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
    "\"text\",\"text\":\"\"}}\n\n"
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
    "\"text_delta\",\"text\":\"Hello\"}}\n\n"
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    "event: message_delta\ndata: "
    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{"
    "\"output_tokens\":3}}\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

StreamOptions chat() {
  StreamOptions options;
  options.name = "chat";
  return options;
}

class HttplibAdapter : public ::testing::Test {
 protected:
  FaultServer server_;
  Tracing tracing_;
  httplib::Client client_{"127.0.0.1", server_.port()};
  TracedHttpClient<> traced_{client_, server_.url(), chat()};
};

TEST_F(HttplibAdapter, records_a_call) {
  server_.enqueue(reply(200, {{"Content-Type", "application/json"}, {"request-id", "r1"}}, answer));
  const auto result = traced_.Post(path, {{"anthropic-version", "2023-06-01"}}, body, "application/json");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, answer);
  const SpanData span = tracing_.span("chat");
  EXPECT_EQ(span.output_text, "Hello");
  EXPECT_EQ(span.response_model, "claude-3-5-sonnet-20241022");
  EXPECT_EQ(span.response_id, "msg_1");
  EXPECT_EQ(span.tokens("input"), 9);
  EXPECT_EQ(span.tokens("output"), 3);
  EXPECT_EQ(span.attribute("http.response.status_code")->integer, 200);
  EXPECT_FALSE(span.stream);
}

TEST_F(HttplibAdapter, records_what_a_content_receiver_gets) {
  server_.enqueue(reply(200, {{"Content-Type", "text/event-stream"}}, stream));
  std::string received;
  const auto result =
      traced_.Post(path, {}, body, "application/json", [&](const char* data, std::size_t size) {
        received.append(data, size);
        return true;
      });
  ASSERT_TRUE(result);
  EXPECT_EQ(received, stream);
  const SpanData span = tracing_.span("chat");
  EXPECT_EQ(span.output_text, "Hello");
  EXPECT_EQ(span.tokens("output"), 3);
  EXPECT_TRUE(span.stream);
  EXPECT_TRUE(span.time_to_first_token);
}

TEST_F(HttplibAdapter, that_is_stopped_by_its_reader_is_cancelled) {
  server_.enqueue(reply(200, {}, stream));
  const auto result =
      traced_.Post(path, {}, body, "application/json", [](const char*, std::size_t) { return false; });
  EXPECT_FALSE(result);
  EXPECT_TRUE(tracing_.span("chat").cancelled);
  EXPECT_EQ(tracing_.span("chat").response_model, "claude-3-5-sonnet-20241022");
}

TEST_F(HttplibAdapter, tells_what_went_wrong) {
  server_.enqueue(
      reply(529, {}, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"));
  ASSERT_TRUE(traced_.Post(path, {}, body, "application/json"));
  EXPECT_EQ(tracing_.span("chat").error, "Overloaded");
  EXPECT_EQ(tracing_.span("chat").error_type, "overloaded_error");
  tracing_.memory().clear();
  server_.enqueue(testing_support::reset_after_reading());
  EXPECT_FALSE(traced_.Post(path, {}, body, "application/json"));
  EXPECT_EQ(tracing_.span("chat").error_type, "httplib");
  EXPECT_EQ(tracing_.span("chat").status, Status::error);
}

TEST_F(HttplibAdapter, sends_any_request_and_leaves_the_rest_alone) {
  server_.otherwise(reply(200, {}, "{}"));
  httplib::Request request;
  request.method = "PUT";
  request.path = "/v1/files";
  request.body = "x";
  ASSERT_TRUE(traced_.send(request));
  ASSERT_TRUE(traced_->Get("/v1/models"));
  EXPECT_EQ(tracing_.spans().size(), 1U);
}

}  // namespace
}  // namespace llmtrace
