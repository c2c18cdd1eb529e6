// The traps of the protocols, one by one.
#include "read_exchange.hpp"
#include "support/event_frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace llmtrace::llm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing_support::event_frame;
using testing_support::exception_frame;

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
