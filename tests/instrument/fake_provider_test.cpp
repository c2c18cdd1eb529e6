// The fake provider, by what the library's readers make of its answers: tests of traced programs rest on it.
#include "instrument/started_program.hpp"
#include "llm/exchange_reader.hpp"
#include "support/raw_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <sys/wait.h>

namespace llmtrace::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string hello = R"({"model":"a-model","messages":[{"role":"user","content":"hello there"}]})";
const std::string hello_streamed =
    R"({"model":"a-model","stream":true,"stream_options":{"include_usage":true},)"
    R"("messages":[{"role":"user","content":"hello there"}]})";

std::string with_tools(const std::string& parameters, const std::string& more_messages = {}) {
  return R"({"model":"a-model","messages":[{"role":"user","content":"hello there"})" + more_messages +
         R"(],"tools":[{"name":"look_up",")" + parameters + R"(":{"type":"object","required":["topic"]}}]})";
}

class FakeProviderTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto greeting = program_.read_line();
    ASSERT_TRUE(greeting);
    ASSERT_THAT(*greeting, testing::StartsWith("listening on http://127.0.0.1:"));
    port_ = static_cast<std::uint16_t>(std::stoi(greeting->substr(greeting->rfind(':') + 1)));
  }
  RawReply post(const std::string& target, const std::string& body, HeaderLines headers = {}) {
    headers.emplace_back("Content-Type: application/json");
    return ask(port_, "POST", target, headers, body);
  }
  llm::Facts read(const std::string& target, const std::string& body) {
    const RawReply reply = post(target, body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    llm::Hints hints;
    hints.url = "http://127.0.0.1" + target;
    hints.content_type = reply.headers.at("content-type");
    hints.status = reply.status;
    llm::ExchangeReader reader{hints};
    reader.request(body);
    reader.response(reply.body);
    return reader.finish();
  }

  StartedProgram program_{{LLMTRACE_FAKE_PROVIDER, "--until-stdin-closes"}};
  std::uint16_t port_ = 0;
};

TEST_F(FakeProviderTest, speaks_so_that_readers_understand_it) {
  for (const char* target : {"/v1/chat/completions", "/v1/messages", "/api/chat", "/v1/responses"}) {
    for (const std::string& body : {hello, hello_streamed}) {
      const llm::Facts facts = read(target, body);
      EXPECT_EQ(facts.output_text, "You said: hello there") << target << body;
      EXPECT_EQ(facts.model(), "a-model") << target;
      EXPECT_EQ(facts.usage.input, 5) << target << body;
      EXPECT_EQ(facts.usage.output, 4) << target << body;
      EXPECT_TRUE(facts.problems.empty()) << target << body;
    }
  }
  EXPECT_EQ(read("/v1/embeddings", R"({"model":"e","input":["a b"]})").usage.input, 5);
  const llm::Facts gemini = read("/v1beta/models/gemini-2.0-flash:generateContent",
                                 R"({"contents":[{"role":"user","parts":[{"text":"hello there"}]}]})");
  EXPECT_EQ(gemini.output_text, "You said: hello there");
  EXPECT_EQ(gemini.usage.output, 4);
}

TEST_F(FakeProviderTest, calls_each_tool_and_then_answers) {
  const std::string target = "/v1/messages";
  const llm::Facts first = read(target, with_tools("input_schema"));
  ASSERT_EQ(first.tool_calls.size(), 1U);
  EXPECT_EQ(first.tool_calls[0].name, "look_up");
  EXPECT_EQ(first.tool_calls[0].arguments, R"({"topic":"hello there"})");
  const std::string result =
      R"(,{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"it is so"}]})";
  EXPECT_EQ(read(target, with_tools("input_schema", result)).output_text, "After 1 tool calls: hello there");
}

TEST_F(FakeProviderTest, misbehaves_as_it_is_asked_to) {
  EXPECT_EQ(post("/429/v1/embeddings", "{}").status, 429);
  EXPECT_EQ(post("/429/v1/embeddings", "{}").status, 200);
  EXPECT_EQ(post("/429/v1/embeddings", "{}").status, 429);
  EXPECT_EQ(post("/500/v1/embeddings", "{}").status, 500);
  EXPECT_EQ(post("/401/v1/embeddings", "{}").status, 401);
  EXPECT_EQ(post("/401/v1/embeddings", "{}", {"Authorization: Basic x"}).status, 200);
  EXPECT_EQ(post("/nothing/here", "{}").status, 404);
  EXPECT_EQ(post("/redirect/v1/embeddings?a=b", "{}").headers.at("location"), "/v1/embeddings?a=b");
  EXPECT_EQ(post("/slow/1/plain/x", "").body, "This is /plain/x\n");
  EXPECT_EQ(post("/gzip/v1/embeddings", "{}").headers.count("content-encoding"), 0U);
  EXPECT_EQ(post("/gzip/v1/embeddings", "{}", {"Accept-Encoding: gzip"}).headers.at("content-encoding"),
            "gzip");
  EXPECT_EQ(post("/always-gzip/v1/embeddings", "{}").headers.at("content-encoding"), "gzip");
}

TEST_F(FakeProviderTest, breaks_off_and_hangs) {
  RawClient cut{port_};
  cut.send(request_text("POST", "/early-close/v1/chat/completions", {}, hello_streamed));
  EXPECT_THAT(cut.read_until("[DONE]"), Not(HasSubstr("[DONE]")));
  RawClient hanging{port_};
  hanging.send(request_text("POST", "/hang/v1/chat/completions", {}, hello_streamed));
  EXPECT_THAT(hanging.read_until("You"), HasSubstr("You"));
  program_.close_input();
  EXPECT_EQ(WEXITSTATUS(program_.wait()), 0);
  EXPECT_THAT(hanging.read_until("[DONE]"), Not(HasSubstr("[DONE]"))) << "it ends with the server";
}

TEST_F(FakeProviderTest, says_the_same_to_the_same_request) {
  EXPECT_EQ(post("/v1/chat/completions", hello).body, post("/v1/chat/completions", hello).body);
}

TEST_F(FakeProviderTest, survives_what_is_no_request) {
  for (const char* bytes :
       {"\r\n\r\n", "GET\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n"}) {
    RawClient client{port_};
    client.send(bytes);
    EXPECT_TRUE(client.ends()) << bytes;
  }
  for (const char* body :
       {"", "{", "[1,2", R"({"messages":[{"role")", R"({"messages":"\)", R"({"input":[[[[)", "null"})
    EXPECT_EQ(post("/v1/chat/completions", body).status, 200) << body;
}

TEST_F(FakeProviderTest, ends_by_a_signal) {
  program_.send(SIGTERM);
  const int status = program_.wait();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace llmtrace::testing_support
