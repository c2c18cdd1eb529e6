#include "support/fault_server.hpp"
#include "support/tracing.hpp"
#include <llmtrace/adapters/curl.hpp>
#include <llmtrace/llmtrace.hpp>

#include <memory>
#include <string>

namespace llmtrace {
namespace {

using testing_support::FaultServer;
using testing_support::reply;
using testing_support::Tracing;

struct FreeHandle {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;

constexpr const char* body =
    R"({"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hi"}]})";
const std::string stream =
    "data: "
    "{\"id\":\"c1\",\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}"
    "}]}\n\n"
    "data: "
    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}"
    "\n\n"
    "data: "
    "{\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":2,\"total_tokens\":"
    "10}}\n\n"
    "data: [DONE]\n\n";

StreamOptions chat() {
  StreamOptions options;
  options.name = "chat";
  return options;
}

class CurlAdapter : public ::testing::Test {
 protected:
  CurlAdapter() : handle_{curl_easy_init()} {
    curl_easy_setopt(handle_.get(), CURLOPT_URL, (server_.url() + "/v1/chat/completions?key=SECRET").c_str());
    curl_easy_setopt(handle_.get(), CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(handle_.get(), CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(handle_.get(), CURLOPT_NOPROXY, "*");
    curl_easy_setopt(handle_.get(), CURLOPT_NOSIGNAL, 1L);
  }
  [[nodiscard]] CURL* handle() const { return handle_.get(); }

  FaultServer server_;
  Tracing tracing_;

 private:
  Handle handle_;
};

TEST_F(CurlAdapter, records_a_streamed_call) {
  server_.enqueue(reply(200, {{"Content-Type", "text/event-stream"}, {"X-Request-Id", "req-1"}}, stream));
  std::string received;
  {
    TracedTransfer transfer{handle(), chat()};
    transfer.post(body).on_body([&](std::string_view bytes) { received += bytes; });
    EXPECT_EQ(transfer.perform(), CURLE_OK);
    EXPECT_EQ(tracing_.spans().size(), 1U) << "it has ended with the transfer";
  }
  EXPECT_EQ(received, stream);
  const SpanData span = tracing_.span("chat");
  EXPECT_EQ(span.output_text, "Hello");
  EXPECT_EQ(span.tokens("input"), 8);
  EXPECT_EQ(span.tokens("output"), 2);
  EXPECT_EQ(span.model, "gpt-4o-2024-08-06");
  EXPECT_EQ(span.response_id, "c1");
  EXPECT_TRUE(span.stream);
  EXPECT_FALSE(span.cancelled);
  EXPECT_TRUE(span.time_to_first_token);
  EXPECT_EQ(span.attribute("http.response.status_code")->integer, 200);
}

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

TEST_F(CurlAdapter, hands_on_to_the_programs_own_callbacks_and_gives_them_back) {
  server_.otherwise(reply(200, {{"Content-Type", "application/json"}}, R"({"id":"x"})"));
  std::string received;
  std::string headers;
  {
    TracedTransfer transfer{handle(), chat()};
    transfer.post(body).write_to(&append, &received).headers_to(&append, &headers);
    EXPECT_EQ(transfer.perform(), CURLE_OK);
  }
  EXPECT_EQ(received, R"({"id":"x"})");
  EXPECT_NE(headers.find("HTTP/1.1 200"), std::string::npos);
  received.clear();
  EXPECT_EQ(curl_easy_perform(handle()), CURLE_OK);
  EXPECT_EQ(received, R"({"id":"x"})");
  EXPECT_EQ(tracing_.spans().size(), 1U) << "the second transfer is not traced";
}

TEST_F(CurlAdapter, forgets_the_body_of_a_redirect) {
  server_.enqueue(reply(307, {{"Location", "/elsewhere"}}, R"({"error":{"message":"moved"}})"));
  server_.enqueue(reply(200, {}, stream));
  TracedTransfer transfer{handle(), chat()};
  EXPECT_EQ(transfer.post(body).perform(), CURLE_OK);
  EXPECT_EQ(transfer.body(), stream);
  EXPECT_EQ(tracing_.span("chat").output_text, "Hello");
  EXPECT_EQ(tracing_.span("chat").status, Status::ok);
}

TEST_F(CurlAdapter, that_is_stopped_by_its_reader_is_cancelled) {
  server_.enqueue(reply(200, {}, stream));
  TracedTransfer transfer{handle(), chat()};
  transfer.post(body).on_body([](std::string_view) { return false; });
  EXPECT_EQ(transfer.perform(), CURLE_WRITE_ERROR);
  EXPECT_TRUE(tracing_.span("chat").cancelled);
  EXPECT_EQ(tracing_.span("chat").error, "");
  EXPECT_EQ(tracing_.span("chat").output_text, "Hello") << "what had come is kept";
}

TEST_F(CurlAdapter, tells_what_went_wrong) {
  server_.enqueue(testing_support::reset_after_reading());
  {
    TracedTransfer transfer{handle(), chat()};
    EXPECT_NE(transfer.post(body).perform(), CURLE_OK);
  }
  const SpanData span = tracing_.span("chat");
  EXPECT_EQ(span.status, Status::error);
  EXPECT_EQ(span.error_type, "curl");
  EXPECT_EQ(span.model, "gpt-4o");
  EXPECT_FALSE(span.cancelled);
}

TEST_F(CurlAdapter, that_never_ran_is_cancelled) {
  { TracedTransfer transfer{handle(), chat()}; }
  EXPECT_TRUE(tracing_.span("chat").cancelled);
  EXPECT_FALSE(tracing_.span("chat").stream) << "nobody knows";
}

TEST_F(CurlAdapter, below_traced_llm_is_one_span) {
  server_.enqueue(reply(200, {}, stream));
  traced_llm({"gpt-4o", "openai", "chat"}, [&](const std::string& question) {
    TracedTransfer transfer{handle()};
    transfer.post(body).perform();
    return "answer to " + question;
  })("Hi");
  EXPECT_EQ(tracing_.spans().size(), 1U);
  const SpanData span = tracing_.span("chat gpt-4o");
  EXPECT_EQ(span.output.text, "answer to Hi");
  EXPECT_EQ(span.output_text, "Hello");
  EXPECT_EQ(span.tokens("total"), 10);
  EXPECT_EQ(span.input.text, "Hi");
  EXPECT_EQ(tracing_.stats().double_traces_merged, 1U);
}

}  // namespace
}  // namespace llmtrace
