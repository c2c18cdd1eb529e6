// Gemini's own traps: thoughts and counts, calls, and its Interactions.
#include "read_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace llmtrace::llm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Gemini, thoughts_and_tools_belong_to_the_totals) {
  const Facts facts =
      read(gemini, R"([{"candidates":[{"content":{"parts":[{"text":"think","thought":true},{"text":"say"},
    {"functionCall":{"name":"f","args":{"x":[1, 2]}}}]},"finishReason":1}],"modelVersion":"g","responseId":"r"},
   {"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":7,"toolUsePromptTokenCount":3,
    "cachedContentTokenCount":4,"totalTokenCount":25}}])");
  EXPECT_EQ(facts.request_model, "gemini-x");
  EXPECT_EQ(facts.response_model, "g");
  EXPECT_EQ(facts.output_text, "say");
  EXPECT_EQ(facts.reasoning, "think");
  EXPECT_EQ(facts.tool_calls.at(0).arguments, "{\"x\":[1,2]}");
  EXPECT_EQ(facts.usage.input, 13U);
  EXPECT_EQ(facts.usage.output, 12U);
  EXPECT_EQ(facts.usage.total, 25U);
  EXPECT_THAT(facts.finish_reasons, ElementsAre("1"));
}

TEST(Gemini, the_last_counts_stand_for_all) {
  const Facts facts = read(
      gemini, R"([{"usageMetadata":{"promptTokenCount":87,"candidatesTokenCount":21,"totalTokenCount":108}},
    {"usageMetadata":{"promptTokenCount":87,"totalTokenCount":165,"thoughtsTokenCount":78}},
    {"usageMetadata":{"trafficType":"ON_DEMAND"}}])");
  EXPECT_EQ(facts.usage.input, 87U);
  EXPECT_EQ(facts.usage.output, 78U);
  EXPECT_EQ(facts.usage.total, 165U);
}

// A stream of parts, each a function call or a piece of one.
Facts read_calls(std::initializer_list<std::string_view> calls) {
  std::string body;
  for (const std::string_view call : calls) {
    body += R"(data: {"candidates":[{"content":{"parts":[{"functionCall":)";
    body.append(call).append("}]}}]}\n\n");
  }
  return read("https://h/v1/models/gemini-x:streamGenerateContent?alt=sse", body);
}

constexpr std::string_view several_leaves =
    R"({"partialArgs":[{"jsonPath":"$.items[0]['the name']","stringValue":"tea"},)"
    R"({"jsonPath":"$.items[0].price","numberValue":0.5},)"
    R"({"jsonPath":"$.items[1].gift","boolValue":true}],"willContinue":true})";

// Arguments that were asked for in pieces were lost, and each piece was a call without a name.
TEST(Gemini, arguments_in_pieces) {
  const Facts facts = read_calls(
      {R"({"name":"whole","args":{"a":1}})", R"({"name":"order","id":"c1","willContinue":true})",
       R"({"partialArgs":[{"jsonPath":"$.to","stringValue":"Ada \"","willContinue":true}],"willContinue":true})",
       R"({"partialArgs":[{"jsonPath":"$.to","stringValue":"L\u00e9\n","willContinue":true}],"willContinue":true})",
       R"({"partialArgs":[{"jsonPath":"$.to","stringValue":""}],"willContinue":true})", several_leaves,
       R"({"willContinue":true})",
       R"({"partialArgs":[{"jsonPath":"$.note","nullValue":"NULL_VALUE"}],"willContinue":true})", R"({})",
       R"({"name":"last"})"});
  ASSERT_EQ(facts.tool_calls.size(), 3U);
  EXPECT_EQ(facts.tool_calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(facts.tool_calls[1].id, "c1");
  EXPECT_EQ(facts.tool_calls[1].arguments,
            "{\"to\":\"Ada \\\"L\u00e9\\n\",\"items\":[{\"the "
            "name\":\"tea\",\"price\":0.5},{\"gift\":true}],\"note\":null}");
  EXPECT_EQ(facts.tool_calls[2].name, "last");
  EXPECT_EQ(facts.tool_calls[2].arguments, "");
  EXPECT_THAT(facts.problems, IsEmpty());
}

TEST(Gemini, arguments_in_pieces_end_with_the_call) {
  const Facts facts = read_calls(
      {R"({"name":"no_arguments","willContinue":true})", R"({})", R"({"name":"no_end","willContinue":true})",
       R"({"partialArgs":[{"jsonPath":"$.id","stringValue":"A","willContinue":true}],"willContinue":true})",
       R"({"name":"in_one","partialArgs":[{"jsonPath":"$.a.b","stringValue":"x"},{"jsonPath":"$.c","numberValue":2}]})",
       R"({"partialArgs":[{"jsonPath":"$.of","stringValue":"nobody"}]})",
       R"({"name":"cut","willContinue":true})",
       R"({"partialArgs":[{"jsonPath":"$.id[1]","stringValue":"A","willContinue":true}],"willContinue":true})"});
  ASSERT_EQ(facts.tool_calls.size(), 4U);
  EXPECT_EQ(facts.tool_calls[0].arguments, "{}");
  EXPECT_EQ(facts.tool_calls[1].arguments, R"({"id":"A"})");
  EXPECT_EQ(facts.tool_calls[2].arguments, R"({"a":{"b":"x"},"c":2})");
  EXPECT_EQ(facts.tool_calls[3].arguments, R"({"id":["A)");
}

constexpr const char* interactions = "https://generativelanguage.googleapis.com/v1beta/interactions";

TEST(GeminiInteractions, a_document_of_steps) {
  const Facts facts =
      read(interactions, R"({"id":"v1_x","status":"requires_action","model":"gemini-2.5-flash",
    "object":"interaction","usage":{"total_tokens":118,"total_input_tokens":53,"total_cached_tokens":40,
    "total_output_tokens":15,"total_tool_use_tokens":9,"total_thought_tokens":41},"service_tier":"standard",
    "steps":[{"type":"thought","summary":[{"text":"think"}]},{"arguments":{"city":"Rome"},"id":"c1",
    "type":"function_call","name":"weather"},{"content":[{"text":"Hello","type":"text"}],"type":"model_output"},
    {"type":"google_search_call","id":"s","arguments":{"queries":["x"]}}]})");
  EXPECT_EQ(facts.operation, "generate_content");
  EXPECT_EQ(facts.response_model, "gemini-2.5-flash");
  EXPECT_EQ(facts.usage.input, 62U);
  EXPECT_EQ(facts.usage.input_cached, 40U);
  EXPECT_EQ(facts.usage.output, 56U);
  EXPECT_EQ(facts.usage.total, 118U);
  EXPECT_EQ(facts.output_text, "Hello");
  EXPECT_EQ(facts.reasoning, "think");
  EXPECT_THAT(facts.finish_reasons, ElementsAre("requires_action"));
  ASSERT_EQ(facts.tool_calls.size(), 1U);
  EXPECT_EQ(facts.tool_calls[0].name, "weather");
  EXPECT_EQ(facts.tool_calls[0].arguments, R"({"city":"Rome"})");
}

TEST(GeminiInteractions, a_stream_of_deltas) {
  const Facts facts = read(
      interactions,
      R"(data: {"interaction":{"id":"v1_x","status":"in_progress","model":"gemini-2.5-flash"},"event_type":"interaction.created"}

data: {"index":0,"delta":{"content":{"text":"think","type":"text"},"type":"thought_summary"},"event_type":"step.delta"}

data: {"index":1,"step":{"id":"c1","type":"function_call","name":"weather","arguments":{}},"event_type":"step.start"}

data: {"index":1,"delta":{"arguments":"{\"city\":","type":"arguments_delta"},"event_type":"step.delta"}

data: {"index":1,"delta":{"arguments":"\"Rome\"}","type":"arguments_delta"},"event_type":"step.delta"}

data: {"index":2,"delta":{"text":"Hel","type":"text"},"event_type":"step.delta"}

data: {"index":2,"delta":{"text":"lo","type":"text"},"event_type":"step.delta"}

data: {"interaction":{"status":"completed","usage":{"total_tokens":12,"total_input_tokens":7,"total_output_tokens":5}},"event_type":"interaction.completed"}

)");
  EXPECT_EQ(facts.output_text, "Hello");
  EXPECT_EQ(facts.reasoning, "think");
  ASSERT_EQ(facts.tool_calls.size(), 1U);
  EXPECT_EQ(facts.tool_calls[0].id, "c1");
  EXPECT_EQ(facts.tool_calls[0].arguments, R"({"city":"Rome"})");
  EXPECT_EQ(facts.usage.output, 5U);
  EXPECT_THAT(facts.finish_reasons, ElementsAre("completed"));
  EXPECT_TRUE(facts.stream_ended);
}

}  // namespace
}  // namespace llmtrace::llm
