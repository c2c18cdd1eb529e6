// Bodies that are no answer, or only the half of one.
#include "read_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::llm {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> problems_of(const Facts& facts) {
  std::vector<std::string> names;
  for (const ProblemNote& note : facts.problems) names.emplace_back(name_of(note.problem));
  return names;
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

}  // namespace
}  // namespace llmtrace::llm
