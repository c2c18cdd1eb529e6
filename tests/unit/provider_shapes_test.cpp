// Shapes of answers and requests that few recordings have.
#include "read_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace llmtrace::llm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string bedrock = "https://bedrock-runtime.us-east-1.amazonaws.com/model/";

// Segments and the last event repeat what the deltas said.
TEST(Transcription, of_a_stream_is_told_once) {
  const Facts mistral = read("https://api.mistral.ai/v1/audio/transcriptions#stream",
                             R"(data: {"type":"transcription.text.delta","text":"Hel"}

data: {"type":"transcription.text.delta","text":"lo"}

data: {"type":"transcription.segment","text":"Hello","start":0}

data: {"type":"transcription.done","model":"voxtral","text":"Hello","usage":{"prompt_tokens":4,"completion_tokens":2}}

)");
  EXPECT_EQ(mistral.output_text, "Hello");
  EXPECT_EQ(mistral.usage.total, 6U);
  EXPECT_TRUE(mistral.stream_ended);
  const std::string begin = R"(data: {"type":"transcript.text.delta","delta":"Hello"}

data: {"type":"transcript.text.segment","text":"Hello","speaker":"A"}

)";
  EXPECT_EQ(read("h/audio/transcriptions", begin).output_text, "Hello");
  EXPECT_EQ(read("h/audio/transcriptions",
                 begin + "data: {\"type\":\"transcript.text.done\",\"text\":\"Hello\"}\n\n")
                .output_text,
            "Hello");
  EXPECT_EQ(read("h/audio/transcriptions", R"({"text":"Hello","segments":[{"text":"Hello"}]})").output_text,
            "Hello");
}

TEST(BedrockInvoke, models_that_end_with_a_stop_reason) {
  const Facts facts =
      read(bedrock + "mistral.mistral-large/invoke",
           R"({"choices":[{"index":0,"message":{"content":"Hi"},"stop_reason":"tool_calls"}]})");
  EXPECT_THAT(facts.finish_reasons, ElementsAre("tool_calls"));
  EXPECT_THAT(read(bedrock + "us.deepseek.r1/invoke", R"({"choices":[{"text":"Hi","stop_reason":"stop"}]})")
                  .finish_reasons,
              ElementsAre("stop"));
  EXPECT_THAT(read(openai, R"({"choices":[{"finish_reason":"stop","stop_reason":7}]})").finish_reasons,
              ElementsAre("stop"))
      << "vLLM has both";
}

TEST(BedrockInvoke, cohere_with_tools) {
  const Facts facts =
      read(bedrock + "cohere.command-r/invoke",
           R"({"text":"I look","finish_reason":"COMPLETE","tool_calls":[{"name":"f","parameters":{"a":1}}]})",
           200, R"({"message":"now","chat_history":[{"role":"USER","message":"before"}]})");
  ASSERT_EQ(facts.tool_calls.size(), 1U);
  EXPECT_EQ(facts.tool_calls[0].arguments, R"({"a":1})");
  EXPECT_THAT(facts.input_messages, HasSubstr("now"));
  EXPECT_THAT(facts.input_messages, HasSubstr("before"));
}

TEST(BedrockInvoke, pictures) {
  EXPECT_EQ(read(bedrock + "amazon.titan-image-generator-v1/invoke", R"({"images":["A"]})").operation,
            "image_generation");
  EXPECT_EQ(
      read(bedrock + "stability.sd3/invoke", R"({"images":["A"]})", 200, R"({"prompt":"cat"})").operation,
      "image_generation");
}

// The text of the last event took the place of all that came before, calls and all.
TEST(CohereV1, a_stream_with_tools) {
  const Facts facts = read("https://api.cohere.ai/v1/chat",
                           R"({"event_type":"stream-start","generation_id":"g"}
{"event_type":"tool-calls-generation","text":"I look","tool_calls":[{"name":"f","parameters":{"a":1}}]}
{"event_type":"stream-end","finish_reason":"COMPLETE","response":{"text":"I look","tool_calls":[{"name":"f","parameters":{"a":1}}]}}
)");
  EXPECT_EQ(facts.output_text, "I look");
  ASSERT_EQ(facts.tool_calls.size(), 1U);
  EXPECT_EQ(facts.tool_calls[0].name, "f");
}

// OpenAI keeps other things under the same path.
TEST(Mistral, conversations) {
  const std::string url = "https://api.mistral.ai/v1/conversations";
  const Facts whole = read(
      url, R"({"object":"conversation.response","conversation_id":"c1","outputs":[{"type":"message.output",
    "model":"m","content":[{"type":"text","text":"Hi"}]},{"type":"tool.execution","name":"web_search","arguments":"{}"},
    {"type":"function.call","tool_call_id":"t","name":"f","arguments":"{\"a\":1}"}],
    "usage":{"prompt_tokens":4,"completion_tokens":2,"total_tokens":6}})");
  EXPECT_EQ(whole.operation, "chat");
  EXPECT_EQ(whole.model(), "m");
  EXPECT_EQ(whole.output_text, "Hi");
  EXPECT_EQ(whole.usage.total, 6U);
  ASSERT_EQ(whole.tool_calls.size(), 1U);
  EXPECT_EQ(whole.tool_calls[0].arguments, R"({"a":1})");

  const Facts stream =
      read(url + "/c1#stream", R"(data: {"type":"conversation.response.started","conversation_id":"c1"}

data: {"type":"message.output.delta","output_index":0,"model":"m","content":"H"}

data: {"type":"message.output.delta","output_index":0,"content":{"type":"text","text":"i"}}

data: {"type":"function.call.delta","output_index":1,"tool_call_id":"t","name":"f","arguments":"{\"a\":"}

data: {"type":"function.call.delta","output_index":1,"tool_call_id":"t","name":"f","arguments":"1}"}

data: {"type":"conversation.response.done","usage":{"prompt_tokens":4,"completion_tokens":2,"total_tokens":6}}

)");
  EXPECT_EQ(stream.output_text, "Hi");
  EXPECT_EQ(stream.usage.total, 6U);
  ASSERT_EQ(stream.tool_calls.size(), 1U);
  EXPECT_EQ(stream.tool_calls[0].arguments, R"({"a":1})");
  EXPECT_TRUE(stream.stream_ended);
  EXPECT_EQ(
      read("https://api.openai.com/v1/conversations", R"({"object":"conversation","id":"c"})").operation, "");
}

TEST(Watsonx, embeddings_and_rerank) {
  const Facts facts = read(
      "https://us-south.ml.cloud.ibm.com/ml/v1/text/embeddings?version=1",
      R"({"model_id":"slate","results":[{"embedding":[1,2]},{"embedding":[3,4]}],"input_token_count":10})");
  EXPECT_EQ(facts.response_model, "slate");
  EXPECT_EQ(facts.embedding_count, 2U);
  EXPECT_EQ(facts.embedding_dimension, 2U);
  EXPECT_EQ(facts.usage.input, 10U);
  EXPECT_EQ(read("https://us-south.ml.cloud.ibm.com/ml/v1/text/rerank",
                 R"({"results":[{"index":0,"score":1}],"input_token_count":10})")
                .usage.input,
            10U);
}

TEST(Vertex, an_endpoint_of_ones_own_is_the_model) {
  EXPECT_EQ(read("https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/"
                 "12:generateContent",
                 "{}")
                .request_model,
            "12");
  EXPECT_EQ(
      read("https://aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi/chat/completions",
           "{}", 200, R"({"model":"google/gemini"})")
          .request_model,
      "google/gemini");
}

TEST(Vertex, predictions_of_text) {
  const std::string url =
      "https://aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models/"
      "text-bison@001:predict";
  const Facts facts =
      read(url,
           R"({"predictions":[{"content":"Hi"}],"metadata":{"tokenMetadata":{"inputTokenCount":
    {"totalTokens":7},"outputTokenCount":{"totalTokens":3}}}})",
           200, R"({"instances":[{"content":"Say hi"}],"parameters":{"temperature":0.2}})");
  EXPECT_EQ(facts.output_text, "Hi");
  EXPECT_EQ(facts.usage.total, 10U);
  EXPECT_THAT(facts.input_messages, HasSubstr("Say hi"));
}

// Where a list has one element, Google takes the element alone.
TEST(Gemini, a_request_of_one_content_with_one_part) {
  for (const char* contents :
       {R"({"role":"user","parts":{"text":"hello"}})", R"([{"role":"user","parts":{"text":"hello"}}])",
        R"({"role":"user","parts":[{"text":"hello"}]})", R"([{"role":"user","parts":[{"text":"hello"}]}])"}) {
    const Facts facts = read(gemini, "{}", 200, std::string{R"({"contents":)"} + contents + "}");
    EXPECT_EQ(facts.input_messages, R"([{"role":"user","parts":[{"type":"text","content":"hello"}]}])")
        << contents;
    EXPECT_THAT(facts.problems, IsEmpty()) << contents;
  }
}

TEST(Embeddings, that_are_nothing_but_vectors) {
  for (const char* url :
       {"http://localhost:8080/embed",
        "https://router.huggingface.co/hf-inference/models/m/pipeline/feature-extraction"}) {
    const Facts facts = read(url, "[[1,2,3],[4,5,6]]");
    EXPECT_EQ(facts.operation, "embeddings") << url;
    EXPECT_EQ(facts.embedding_count, 2U) << url;
    EXPECT_EQ(facts.embedding_dimension, 3U) << url;
    EXPECT_THAT(facts.problems, IsEmpty()) << url;
  }
}

TEST(Chat, of_reka_and_of_databricks) {
  const Facts reka = read(
      "https://api.reka.ai/v1/chat",
      R"({"responses":[{"finish_reason":"stop","message":{"content":"Hi"}}],"usage":{"input_tokens":4,"output_tokens":2}})");
  EXPECT_EQ(reka.output_text, "Hi");
  EXPECT_THAT(reka.finish_reasons, ElementsAre("stop"));
  const Facts databricks = read(
      "https://x.cloud.databricks.com/serving-endpoints/e/invocations",
      R"({"choices":[{"message":{"content":[{"type":"reasoning","summary":[{"text":"hm"}]},{"type":"text","text":"Hi"}]}}]})");
  EXPECT_EQ(databricks.output_text, "Hi");
  EXPECT_EQ(databricks.reasoning, "hm");
}

}  // namespace
}  // namespace llmtrace::llm
