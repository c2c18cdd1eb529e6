// What is asked of a model, whichever protocol asks it.
#include "read_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace llmtrace::llm {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Requests, become_messages_parameters_and_tools) {
  const Facts facts = read(openai, "{}", 200, R"({"model":"m","stream":true,"temperature":0.5,"stop":["x"],
    "messages":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"look"},
    {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},{"role":"assistant","content":null,
    "tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\"a\":1}"}}]},
    {"role":"tool","tool_call_id":"c","content":"42"}],"tools":[{"type":"function","function":{"name":"f"}}]})");
  EXPECT_EQ(facts.stream, true);
  EXPECT_EQ(facts.parameters, R"({"temperature":0.5,"stop":["x"]})");
  EXPECT_EQ(facts.tools, R"([{"type":"function","function":{"name":"f"}}])");
  EXPECT_EQ(facts.input_messages,
            R"([{"role":"system","parts":[{"type":"text","content":"be brief"}]},)"
            R"({"role":"user","parts":[{"type":"text","content":"look"},)"
            R"({"type":"blob","modality":"image","mime_type":"image/png"}]},)"
            R"({"role":"assistant","parts":[{"type":"tool_call","id":"c","name":"f","arguments":{"a":1}}]},)"
            R"({"role":"tool","tool_call_id":"c","parts":[{"type":"tool_call_response","response":"42"}]}])");
}

// The last chunk left the candidates' tokens out because there were none; the chunk before had guessed some.
// What was thought is part of what is sent, and part of what is paid.
TEST(Requests, keep_the_reasoning_that_is_sent_back) {
  for (const char* message : {R"("reasoning_content":"hm","reasoning":"hm","content":"4")",
                              R"("reasoning_details":[{"type":"reasoning.text","text":"hm"}],"content":"4")",
                              R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"h"},)"
                              R"({"type":"text","text":"m"}]},{"type":"text","text":"4"}])"}) {
    const Facts facts = read(openai, "{}", 200,
                             R"({"messages":[{"role":"user","content":"2+2"},{"role":"assistant",)" +
                                 std::string{message} + "}]}");
    EXPECT_THAT(facts.input_messages, HasSubstr(R"({"type":"reasoning","content":"hm"})")) << message;
    EXPECT_THAT(facts.input_messages, HasSubstr(R"({"type":"text","content":"4"})")) << message;
    EXPECT_EQ(facts.input_messages.find("hm"), facts.input_messages.rfind("hm")) << message;
  }
  EXPECT_EQ(
      read(
          "https://api.openai.com/v1/responses", "{}", 200,
          R"({"stream":true,"input":[{"type":"reasoning","id":"r","summary":[{"text":"hm","type":"summary_text"}]},)"
          R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"4"}]}]})")
          .input_messages,
      R"([{"role":"assistant","parts":[{"type":"reasoning","content":"hm"}]},)"
      R"({"role":"assistant","parts":[{"type":"text","content":"4"}]}])");
  EXPECT_THAT(
      read(
          "h/model/m/converse", "{}", 200,
          R"({"messages":[{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm"}}}]},)"
          R"({"role":"user","content":[{"document":{"name":"x","format":"pdf","source":{"bytes":"AA"}}}]}]})")
          .input_messages,
      AllOf(HasSubstr(R"({"type":"reasoning","content":"hm"})"), HasSubstr(R"("mime_type":"pdf")")));
}

// The parts of a message to Claude were taken for those of Converse.
TEST(Requests, that_bedrock_invokes_are_read_as_the_model_speaks) {
  const Facts facts =
      read("https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/invoke", "{}", 200,
           R"({"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f",)"
           R"("input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c",)"
           R"("content":"nice"}]},{"role":"assistant","tool_calls":[{"id":"d","function":)"
           R"({"name":"g","arguments":"{}"}}]}]})");
  EXPECT_EQ(facts.input_messages,
            R"([{"role":"assistant","parts":[{"type":"tool_call","id":"c","name":"f","arguments":{"a":1}}]},)"
            R"({"role":"user","parts":[{"type":"tool_call_response","id":"c","response":"nice"}]},)"
            R"({"role":"assistant","parts":[{"type":"tool_call","id":"d","name":"g","arguments":{}}]}])");
}

// A refused request was no stream although one was asked for.
TEST(Requests, say_whether_a_stream_was_asked_for) {
  for (const char* url : {openai, anthropic, "https://api.openai.com/v1/responses", "h/v1/completions"})
    EXPECT_EQ(read(url, "{}", 400, R"({"stream":true})").stream, true) << url;
}

TEST(Requests, of_moderation_and_speech) {
  EXPECT_THAT(
      read("h/v1/moderations", "{}", 200, R"({"input":[{"type":"text","text":"look"}]})").input_messages,
      HasSubstr("look"));
  EXPECT_THAT(
      read("h/v1/audio/speech", "", 200, R"({"input":"hi","instructions":"slowly"})").system_instructions,
      HasSubstr("slowly"));
}

}  // namespace
}  // namespace llmtrace::llm
