// Which exchanges are read, by address or by shape, and whose they are said to be.
#include "read_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace llmtrace::llm {
namespace {

using ::testing::IsEmpty;

TEST(Endpoints, go_by_the_end_of_the_path) {
  for (const char* url :
       {"http://localhost:8000/v1/chat/completions", "https://api.deepseek.com/chat/completions",
        "https://api.groq.com/openai/v1/chat/completions/",
        "https://api.mistral.ai/v1/chat/completions#stream",
        "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1",
        "h/chat/completions"}) {
    const Facts facts = read(url, R"({"model":"m","choices":[{"message":{"content":"hi"}}]})");
    EXPECT_EQ(facts.operation, "chat") << url;
    EXPECT_EQ(facts.output_text, "hi") << url;
  }
}

TEST(Endpoints, leave_other_exchanges_alone) {
  for (const char* url : {"https://api.openai.com/v1/models", "https://api.openai.com/v1/threads/t/messages",
                          "https://api.anthropic.com/v1/messages/count_tokens", "https://example.com/x",
                          "https://api.openai.com/v1/organization/usage/moderations",
                          "https://example.com/functions/f/invoke", "https://example.com/converse"}) {
    const Facts facts = read(url, R"({"id":"x","model":"m","usage":{"prompt_tokens":3},"input_tokens":5})",
                             200, R"({"model":"m","messages":[{"role":"user","content":"hi"}]})");
    EXPECT_EQ(facts.operation, "") << url;
    EXPECT_EQ(facts.usage, Usage{}) << url;
    EXPECT_THAT(facts.problems, IsEmpty()) << url;
  }
}

// An item of a conversation was read as an answer of Anthropic's.
TEST(Endpoints, leave_messages_alone_that_are_only_kept) {
  const Facts facts = read("https://api.openai.com/v1/conversations/c/items/i",
                           R"({"id":"i","type":"message","content":[{"type":"input_text","text":"hi"}]})");
  EXPECT_EQ(facts.operation, "");
  EXPECT_EQ(facts.output_text, "");
}

TEST(Endpoints, name_the_provider_by_host_then_hint_then_shape) {
  Hints hints;
  hints.url = "https://myown.example/v1/messages";
  EXPECT_EQ(ExchangeReader{hints}.finish().provider, "anthropic");
  EXPECT_EQ(ExchangeReader{hints}.finish().provider_source, ProviderSource::shape_elsewhere);
  hints.provider = "bedrock";
  EXPECT_EQ(ExchangeReader{hints}.finish().provider, "aws.bedrock");
  hints.url = "https://api.openai.com.evil.example/v1/chat/completions";
  hints.provider.clear();
  EXPECT_EQ(ExchangeReader{hints}.finish().provider_source, ProviderSource::shape_elsewhere);
  hints.url = "https://eu.api.openai.com/v1/chat/completions";
  EXPECT_EQ(ExchangeReader{hints}.finish().provider_source, ProviderSource::host);
}

TEST(Endpoints, know_a_body_by_its_shape_where_there_is_no_url) {
  EXPECT_EQ(read("", R"({"object":"chat.completion","choices":[{"message":{"content":"a"}}]})").output_text,
            "a");
  EXPECT_EQ(read("", R"({"type":"message","model":"m","content":[{"type":"text","text":"b"}]})").provider,
            "anthropic");
  EXPECT_EQ(read("", R"([{"candidates":[{"content":{"parts":[{"text":"c"}]}}]}])").output_text, "c");
  EXPECT_EQ(read("", "data: {\"type\":\"response.output_text.delta\",\"delta\":\"d\"}\n\n").output_text, "d");
  EXPECT_EQ(read("", R"({"message":{"content":"e"},"done":true})").provider, "ollama");
}

// What a service keeps beside its models has counts as well, and polling it must not be paid twice.
TEST(Endpoints, leave_alone_what_is_kept_beside_the_models) {
  constexpr const char* host = "https://generativelanguage.googleapis.com/v1beta/";
  for (const char* path : {"cachedContents", "cachedContents/x", "models/veo-3/operations/x", "batches/x"}) {
    const Facts facts =
        read(std::string{host} + path, R"({"name":"x","done":true,"usageMetadata":{"totalTokenCount":9}})");
    EXPECT_EQ(facts.operation, "") << path;
    EXPECT_EQ(facts.usage, Usage{}) << path;
  }
}

TEST(Endpoints, leave_alone_an_answer_that_was_stored) {
  const Facts facts =
      read("https://api.openai.com/v1/chat/completions/chatcmpl-1",
           R"({"object":"chat.completion","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}})");
  EXPECT_EQ(facts.operation, "");
  EXPECT_EQ(facts.usage, Usage{});
}

TEST(Endpoints, know_whom_a_router_asks) {
  constexpr std::string_view request = R"({"model":"org/m:novita"})";
  EXPECT_EQ(read("https://router.huggingface.co/together/v1/chat/completions", "{}").priced_provider(),
            "huggingface_together");
  EXPECT_EQ(read("https://router.huggingface.co/v1/chat/completions", "{}", 200, request).priced_provider(),
            "huggingface_novita");
  EXPECT_EQ(read(openai, "{}", 200, request).priced_provider(), "openai");
}

TEST(Endpoints, name_a_reranker_that_bedrock_invokes) {
  const Facts facts =
      read("https://bedrock-runtime.eu-west-1.amazonaws.com/model/cohere.rerank-v3-5%3A0/invoke",
           R"({"results":[{"index":2,"relevance_score":0.9}]})");
  EXPECT_EQ(facts.operation, "rerank");
  EXPECT_EQ(facts.model(), "cohere.rerank-v3-5:0");
}

}  // namespace
}  // namespace llmtrace::llm
