// The traps of the protocols, one by one, and bodies that are no answer at all.
#include "read_exchange.hpp"
#include "support/event_frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace llmtrace::llm {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing_support::event_frame;
using testing_support::exception_frame;

std::vector<std::string> problems_of(const Facts& facts) {
  std::vector<std::string> names;
  for (const ProblemNote& note : facts.problems) names.emplace_back(name_of(note.problem));
  return names;
}

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

TEST(OpenAi, absent_usage_is_unset_and_not_zero) {
  const Facts facts =
      read(openai, "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":null}\n\n");
  EXPECT_EQ(facts.usage, Usage{});
  EXPECT_EQ(facts.output_text, "x");
}

TEST(OpenAi, merges_calls_by_index) {
  const Facts facts = read(
      openai,
      R"(data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\""}}]}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1}"}},{"index":1,"function":{"arguments":":2}"}}]}}]}

data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}

data: [DONE]

)");
  ASSERT_EQ(facts.tool_calls.size(), 2U);
  EXPECT_EQ(facts.tool_calls[0].arguments, "{\"x\":1}");
  EXPECT_EQ(facts.tool_calls[1].name, "g");
  EXPECT_EQ(facts.tool_calls[1].arguments, "{\"y\":2}");
  EXPECT_EQ(facts.usage.total, 7U);
  EXPECT_TRUE(facts.stream_ended);
  EXPECT_EQ(facts.chunk_count, 5U);
}

TEST(OpenAi, keeps_choices_apart_whose_index_stands_behind_their_text) {
  const Facts facts =
      read("h/v1/completions", R"({"choices":[{"text":"B","index":1,"finish_reason":"length"},)"
                               R"({"text":"A","index":0,"finish_reason":"stop"}]})");
  EXPECT_EQ(facts.output_text, "AB");
  EXPECT_THAT(facts.finish_reasons, ElementsAre("stop", "length"));
}

TEST(OpenAi, an_error_inside_of_a_stream) {
  const Facts facts = read(openai,
                           "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\nevent: error\n"
                           "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server\"}}\n\n");
  EXPECT_EQ(facts.error.message, "overloaded");
  EXPECT_EQ(facts.error.type, "server");
  EXPECT_EQ(facts.output_text, "x");
  EXPECT_FALSE(facts.stream_ended);
}

TEST(OpenAi, reads_reasoning_once_that_is_sent_twice) {
  const Facts facts =
      read(openai, R"({"choices":[{"message":{"reasoning":"r","reasoning_content":"r","content":"c"}}]})");
  EXPECT_EQ(facts.reasoning, "r");
}

TEST(OpenAi, takes_a_total_that_counts_reasoning_apart_at_its_word) {
  const Facts facts = read("https://api.x.ai/v1/chat/completions",
                           R"({"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,)"
                           R"("completion_tokens_details":{"reasoning_tokens":100}},"choices":[]})");
  EXPECT_EQ(facts.usage.output, 105U);
  EXPECT_EQ(facts.usage.output_reasoning, 100U);
}

TEST(OpenAi, the_deltas_of_a_response_that_broke_off_are_what_there_is) {
  const std::string deltas =
      "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"output_index\":1,"
      "\"item\":{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"\"}}\n\n"
      "event: response.output_text.delta\ndata: "
      "{\"type\":\"response.output_text.delta\",\"delta\":\"par\"}\n\n"
      "event: response.output_text.delta\ndata: "
      "{\"type\":\"response.output_text.delta\",\"delta\":\"tial\"}\n\n"
      "data: {\"type\":\"response.function_call_arguments.delta\",\"output_index\":1,\"delta\":\"{}\"}\n\n";
  const Facts broken = read("https://api.openai.com/v1/responses", deltas);
  EXPECT_EQ(broken.output_text, "partial");
  ASSERT_EQ(broken.tool_calls.size(), 1U);
  EXPECT_EQ(broken.tool_calls[0].arguments, "{}");
  EXPECT_FALSE(broken.stream_ended);
  const Facts whole =
      read("https://api.openai.com/v1/responses",
           deltas + R"(data: {"type":"response.completed","response":{"id":"r","status":"completed",)"
                    R"("output":[{"type":"message","content":[{"type":"output_text","text":"whole"}]}],)"
                    R"("usage":{"input_tokens":3,"output_tokens":4}}})"
                    "\n\n");
  EXPECT_EQ(whole.output_text, "whole");
  EXPECT_THAT(whole.tool_calls, IsEmpty());
  EXPECT_EQ(whole.usage.total, 7U);
  EXPECT_TRUE(whole.stream_ended);
}

TEST(OpenAi, the_first_content_is_not_the_first_chunk) {
  Hints hints;
  hints.url = openai;
  ExchangeReader reader{hints};
  reader.response("data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n");
  EXPECT_FALSE(reader.has_content());
  reader.response(": ping\n\n");
  reader.response("data: {\"choices\":[{\"delta\":{\"content\":\"hi");
  EXPECT_FALSE(reader.has_content());
  reader.response("\"}}]}\n\n");
  EXPECT_TRUE(reader.has_content());
  reader.response("data: {\"choices\":[{\"delta\":{\"content\":\"!\"}}]}\n\n");
  EXPECT_EQ(reader.finish().first_content_piece, 3U);
}

TEST(OpenAi, a_new_status_line_begins_a_new_body) {
  Hints hints;
  hints.url = openai;
  ExchangeReader reader{hints};
  reader.request(R"({"model":"asked","messages":[{"role":"user","content":"hi"}]})");
  reader.response(R"({"error":{"message":"no key"}})");
  reader.restart_response(200);
  reader.response(R"({"model":"m","choices":[{"message":{"content":"second"}}]})");
  const Facts facts = reader.finish();
  EXPECT_EQ(facts.output_text, "second");
  EXPECT_TRUE(facts.error.empty());
  EXPECT_EQ(facts.request_model, "asked");
  EXPECT_THAT(facts.input_messages, HasSubstr("hi"));
}

TEST(Anthropic, input_excludes_the_cache_and_deltas_replace) {
  const Facts facts = read(anthropic, R"(event: message_start
data: {"type":"message_start","message":{"id":"m1","model":"claude","usage":{"input_tokens":10,"cache_read_input_tokens":100,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":10},"output_tokens":1}}}

data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}

data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}

data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}}

data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"input_tokens":12,"output_tokens":40}}

data: {"type":"message_stop"}

)");
  EXPECT_EQ(facts.usage.input, 142U);
  EXPECT_EQ(facts.usage.output, 40U);
  EXPECT_EQ(facts.usage.total, 182U);
  EXPECT_EQ(facts.usage.input_cached, 100U);
  EXPECT_EQ(facts.usage.input_cache_write, 30U);
  EXPECT_EQ(facts.usage.input_cache_write_1h, 10U);
  EXPECT_EQ(facts.tool_calls.at(0).arguments, "{\"a\":1}");
  EXPECT_THAT(facts.finish_reasons, ElementsAre("tool_use"));
  EXPECT_TRUE(facts.stream_ended);
}

// A compaction of 55,000 tokens was nowhere in the counts.
TEST(Anthropic, counts_a_compaction_beside_the_answer) {
  const std::string_view usage =
      R"({"input_tokens":220,"output_tokens":8,"iterations":[{"type":"compaction","input_tokens":100,"output_tokens":125,)"
      R"("cache_read_input_tokens":55000,"cache_creation_input_tokens":96},{"type":"message","input_tokens":220,)"
      R"("output_tokens":8},{"type":"advisor_message","model":"other","input_tokens":1,"output_tokens":1}]})";
  const std::string delta = R"(data: {"type":"message_delta","usage":)" + std::string{usage} + "}\n\n";
  for (const std::string& body :
       {R"({"type":"message","usage":)" + std::string{usage} + "}", delta, delta + delta}) {
    const Usage counts = read(anthropic, body).usage;
    EXPECT_EQ(counts.input, 220U);
    EXPECT_EQ(counts.output, 8U);
    EXPECT_EQ(counts.total, 228U);
    EXPECT_EQ(counts.compaction_input, 55196U);
    EXPECT_EQ(counts.compaction_input_cached, 55000U);
    EXPECT_EQ(counts.compaction_input_cache_write, 96U);
    EXPECT_EQ(counts.compaction_output, 125U);
  }
}

TEST(Bedrock, counts_the_cache_once_though_it_is_said_twice) {
  const Facts facts = read(
      "https://bedrock-runtime.us-east-1.amazonaws.com/model/us.amazon.nova%3A0/converse",
      R"({"output":{"message":{"content":[{"text":"hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":5,)"
      R"("outputTokens":2,"totalTokens":27,"cacheReadInputTokens":20,"cacheReadInputTokenCount":20}})");
  EXPECT_EQ(facts.request_model, "us.amazon.nova:0");
  EXPECT_EQ(facts.usage.input, 25U);
  EXPECT_EQ(facts.usage.input_cached, 20U);
}

TEST(Bedrock, an_exception_in_a_stream_is_an_error) {
  const Facts facts =
      read("h/model/m/converse-stream",
           event_frame("contentBlockDelta", R"({"contentBlockIndex":0,"delta":{"text":"par"}})") +
               exception_frame("throttlingException", R"({"message":"slow down"})"));
  EXPECT_EQ(facts.output_text, "par");
  EXPECT_EQ(facts.error.type, "throttlingException");
  EXPECT_EQ(facts.error.message, "slow down");
}

TEST(Ollama, reads_lines_and_says_nothing_of_what_the_cache_hid) {
  const Facts facts =
      read("http://localhost:11434/api/chat",
           "{\"model\":\"l\",\"message\":{\"content\":\"a\"},\"done\":false}\n"
           "{\"model\":\"l\",\"message\":{\"content\":\"b\",\"tool_calls\":[{\"function\":{\"name\":\"f\","
           "\"arguments\":{\"x\": 1}}}]},\"done\":true,\"done_reason\":\"stop\",\"eval_count\":2}\n");
  EXPECT_EQ(facts.output_text, "ab");
  EXPECT_EQ(facts.tool_calls.at(0).arguments, "{\"x\":1}");
  EXPECT_EQ(facts.usage.input, std::nullopt);
  EXPECT_EQ(facts.usage.output, 2U);
  EXPECT_EQ(facts.stream, true);
  EXPECT_EQ(facts.chunk_count, 2U);
}

TEST(Cohere, bills_other_units_than_it_processes) {
  const Facts facts =
      read("https://api.cohere.com/v2/chat",
           R"({"message":{"content":[{"type":"text","text":"x"}]},"finish_reason":"COMPLETE","usage":)"
           R"({"billed_units":{"input_tokens":7.0,"output_tokens":3},"tokens":{"input_tokens":70,)"
           R"("output_tokens":4},"cached_tokens":60}})");
  EXPECT_EQ(facts.usage.input, 7U);
  EXPECT_EQ(facts.usage.input_processed, 70U);
}

// The data of the last event used to become text, and bytes that are no UTF-8 stayed.
TEST(Replicate, events_are_text_and_their_names_say_which) {
  const std::string stream =
      "event: output\ndata: caf\xC3\xA9\n\nevent: output\ndata: \xFF!\n\nevent: done\ndata: {}\n\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, stream.size()}) {
    Hints hints;
    hints.url = "https://stream.replicate.net/v1/streams/x";
    ExchangeReader reader{hints};
    for (std::size_t at = 0; at < stream.size(); at += piece) reader.response(stream.substr(at, piece));
    const Facts facts = reader.finish();
    EXPECT_EQ(facts.output_text, "caf\xC3\xA9\xEF\xBF\xBD!");
    EXPECT_TRUE(facts.stream_ended);
  }
}

// A piece that did not fit whole left room for a later one.
TEST(Replicate, text_beyond_the_limit_ends_alike_however_it_comes) {
  ReaderLimits limits;
  limits.text = 4;
  Hints hints;
  hints.url = "https://stream.replicate.net/v1/streams/x";
  const std::string_view body =
      "data: abc\xC3\xA9"
      "dx\n\n";
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, body.size()}) {
    ExchangeReader reader{hints, limits};
    for (std::size_t at = 0; at < body.size(); at += size) reader.response(body.substr(at, size));
    EXPECT_EQ(reader.finish().output_text, "abc") << size;
  }
}

TEST(Errors, of_every_shape) {
  const auto error = [](std::string_view body) { return read(openai, body, 400).error; };
  EXPECT_EQ(error(R"({"error":{"message":"m","type":"t","code":"c"}})").code, "c");
  EXPECT_EQ(error(R"({"type":"error","error":{"type":"overloaded","message":"m"},"request_id":"r"})").message,
            "m");
  EXPECT_EQ(error(R"({"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}})").code, "429");
  EXPECT_EQ(error(R"({"message":"m"})").message, "m");
  EXPECT_EQ(error(R"({"detail":"m"})").message, "m");
  EXPECT_EQ(error(R"({"detail":[{"loc":["x"],"msg":"m"}]})").message, "m");
  EXPECT_EQ(error(R"({"code":"c","error":"m"})").message, "m");
  EXPECT_EQ(error(R"([{"error":{"code":400,"message":"m"}}])").message, "m");
  EXPECT_EQ(error("upstream connect error").message, "upstream connect error");
  EXPECT_EQ(error("").type, "400");
}

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

TEST(OpenAiResponses, in_the_background_say_how_far_they_are) {
  constexpr const char* url = "https://api.openai.com/v1/responses";
  EXPECT_THAT(read(url, R"({"object":"response","status":"queued","output":[]})").finish_reasons,
              ElementsAre("queued"));
  const Facts broken = read(url, R"(data: {"type":"response.created","response":{"status":"in_progress"}})"
                                 "\n\n");
  EXPECT_THAT(broken.finish_reasons, IsEmpty());
  EXPECT_FALSE(broken.stream_ended);
}

TEST(OpenAiResponses, a_compaction_is_paid_and_is_no_answer) {
  const Facts facts =
      read("https://api.openai.com/v1/responses/compact",
           R"({"object":"response.compaction","id":"r","output":[{"type":"message","role":"user",
    "content":[{"text":"What is 2+2?","type":"input_text"}]},{"type":"compaction","encrypted_content":"gAAA"}],
    "usage":{"input_tokens":50,"output_tokens":9,"total_tokens":59}})",
           200, R"({"model":"gpt-4o-mini","input":"x"})");
  EXPECT_EQ(facts.operation, "compaction");
  EXPECT_EQ(facts.output_text, "");
  EXPECT_EQ(facts.usage.total, 59U);
}

TEST(BadInput, a_page_of_a_proxy) {
  const Facts facts = read(openai, "<html><body>502 Bad Gateway</body></html>", 502);
  EXPECT_THAT(problems_of(facts), ElementsAre("response_is_html"));
  EXPECT_EQ(facts.error.type, "502");
}

TEST(BadInput, half_a_body_keeps_its_half) {
  const Facts facts = read(openai, R"({"id":"x","model":"m","choices":[{"message":{"content":"half a sent)");
  EXPECT_EQ(facts.response_model, "m");
  EXPECT_EQ(facts.output_text, "half a sent");
  EXPECT_THAT(problems_of(facts), Contains("response_incomplete"));
}

TEST(BadInput, a_megabyte_of_brackets) {
  const Facts facts = read(openai, std::string(1 << 20, '['));
  EXPECT_THAT(problems_of(facts), Contains("too_deep"));
  EXPECT_THAT(problems_of(facts), Contains("response_incomplete"));
}

TEST(BadInput, wrong_types_everywhere) {
  const Facts facts =
      read(openai, R"({"id":7,"model":["m"],"choices":[{"index":"x","message":{"content":5,"tool_calls":
    [{"id":"ok","function":{"name":3,"arguments":[]}}]},"finish_reason":{}},7],"usage":{"prompt_tokens":"many",
    "completion_tokens":-4,"total_tokens":1.5,"prompt_tokens_details":3},"service_tier":9})");
  EXPECT_EQ(facts.usage, Usage{});
  EXPECT_EQ(facts.tool_calls.at(0).id, "ok");
  EXPECT_THAT(problems_of(facts), Contains("wrong_type"));
  EXPECT_LE(facts.problems.size(), 16U);
  for (const char* body :
       {"7", "\"text\"", "null", "[]", "[1,2]", "{}", "", " ", "nul", "{\"choices\":{}}"}) {
    EXPECT_EQ(read(openai, body).output_text, "") << body;
    EXPECT_EQ(read(anthropic, body).output_text, "") << body;
    EXPECT_EQ(read(gemini, body).output_text, "") << body;
  }
}

// A mark whose first byte came alone was taken for text.
TEST(BadInput, a_byte_order_mark_in_pieces) {
  Hints hints;
  hints.url = openai;
  ExchangeReader reader{hints};
  for (const char byte : std::string_view{"\xEF\xBB\xBF{\"model\":\"m\"}"}) reader.response({&byte, 1});
  const Facts facts = reader.finish();
  EXPECT_EQ(facts.response_model, "m");
  EXPECT_THAT(facts.problems, IsEmpty());
}

// How many blanks stand before a stream, and how they come, makes no difference.
TEST(BadInput, a_stream_behind_blanks) {
  const std::string event = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n";
  for (const std::size_t blanks : {1U, 17U, 40U}) {
    for (const std::size_t size : {1U, 7U, 1000U}) {
      Hints hints;
      hints.url = openai;
      ExchangeReader reader{hints};
      const std::string body = std::string(blanks, ' ') + event;
      for (std::size_t at = 0; at < body.size(); at += size)
        reader.response(std::string_view{body}.substr(at, size));
      EXPECT_EQ(reader.finish().output_text, "hi") << blanks << ' ' << size;
    }
  }
}

// Behind blanks the first of two dashes was taken for a number.
TEST(BadInput, a_form_behind_blanks_in_pieces) {
  Hints hints;
  hints.url = openai;
  ExchangeReader reader{hints};
  for (const char byte : std::string_view{"  --x"}) reader.request({&byte, 1});
  EXPECT_THAT(problems_of(reader.finish()), ElementsAre("request_not_json"));
}

TEST(BadInput, text_that_is_no_json) {
  EXPECT_THAT(problems_of(read(openai, "no healthy upstream")), ElementsAre("response_not_json"));
  EXPECT_THAT(problems_of(read(openai, R"({"a" 1})")), ElementsAre("response_not_json"));
}

TEST(BadInput, memory_stays_within_the_limits) {
  ReaderLimits limits;
  limits.text = 1000;
  limits.messages = 1000;
  Hints hints;
  hints.url = openai;
  ExchangeReader reader{hints, limits};
  std::string request = R"({"messages":[)";
  for (int i = 0; i < 1000; ++i) request += R"({"role":"user","content":"some words"},)";
  reader.request(request + "{}]}");
  for (int i = 0; i < 1000; ++i) {
    reader.response("data: {\"choices\":[{\"index\":" + std::to_string(i) + ",\"delta\":{\"content\":\"" +
                    std::string(100, 'x') + "\",\"tool_calls\":[{\"index\":" + std::to_string(i) +
                    ",\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"12345678\"}}]}}]}\n\n");
  }
  const Facts facts = reader.finish();
  EXPECT_LE(facts.input_messages.size(), 2000U);
  EXPECT_LE(facts.output_text.size(), 1000U);
  EXPECT_LE(facts.tool_calls.size(), 256U);
  EXPECT_THAT(problems_of(facts), Contains("text_cut"));
}

TEST(CutBodies, keep_what_head_and_tail_hold) {
  const std::string head = R"({"id":"x","model":"m","choices":[{"index":0,"message":{"content":"begin )";
  const std::string tail =
      R"( end"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":6}})";
  Hints hints;
  hints.url = openai;
  ExchangeReader reader{hints};
  reader.response(head);
  reader.response_gap(1000);
  reader.response(tail.substr(0, 20));
  reader.response(tail.substr(20));
  const Facts facts = reader.finish();
  EXPECT_EQ(facts.output_text, "begin \xE2\x80\xA6 end");
  EXPECT_THAT(facts.finish_reasons, ElementsAre("stop"));
  EXPECT_EQ(facts.usage.output, 6U);
  EXPECT_THAT(problems_of(facts), ElementsAre("response_cut"));
}

TEST(CutBodies, a_stream_goes_on_behind_the_gap) {
  Hints hints;
  hints.url = openai;
  ExchangeReader reader{hints};
  reader.response("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[{\"de");
  reader.response_gap(0);
  reader.response(
      "nt\":\"lost\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"half z\"}}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}\n\ndata: [DONE]\n\n");
  const Facts facts = reader.finish();
  EXPECT_EQ(facts.output_text, "a\xE2\x80\xA6 z");
  EXPECT_EQ(facts.usage.input, 5U);
  EXPECT_TRUE(facts.stream_ended);
}

TEST(Compression, is_undone) {
  // gzip of {"choices":[{"message":{"content":"packed"}}]}
  constexpr unsigned char packed[] = {
      0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x4a, 0xce, 0xc8, 0xcf, 0x4c,
      0x4e, 0x2d, 0x56, 0xb2, 0x8a, 0xae, 0x56, 0xca, 0x4d, 0x2d, 0x2e, 0x4e, 0x4c, 0x4f, 0x55, 0xb2, 0xaa,
      0x56, 0x4a, 0xce, 0xcf, 0x2b, 0x49, 0xcd, 0x2b, 0x51, 0xb2, 0x52, 0x2a, 0x48, 0x4c, 0xce, 0x4e, 0x4d,
      0x51, 0xaa, 0xad, 0x8d, 0xad, 0x05, 0x00, 0x2e, 0x26, 0xb9, 0x5d, 0x2e, 0x00, 0x00, 0x00};
  Hints hints;
  hints.url = openai;
  ExchangeReader reader{hints};
  for (const unsigned char byte : packed) {
    const char one = static_cast<char>(byte);
    reader.response({&one, 1});
  }
  EXPECT_EQ(reader.finish().output_text, "packed");
}

}  // namespace
}  // namespace llmtrace::llm
