// Every recorded exchange with a model, read by our readers and by one that shares nothing with them.
#include "llm/exchange_reader.hpp"
#include "support/independent_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace llmtrace {
namespace {

using nlohmann::json;
using testing_support::Expected;

std::vector<json> recordings(const std::filesystem::path& file) {
  std::vector<json> all;
  std::ifstream lines{file};
  for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
  return all;
}

std::vector<std::string> providers() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{LLMTRACE_EXCHANGES}) {
    if (entry.path().extension() == ".jsonl") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string body_of(const json& recording) {
  return recording.contains("resp_b64") ? testing_support::decode(recording.at("resp_b64"))
                                        : recording.at("resp").get<std::string>();
}

llm::Facts read(const json& recording, std::size_t cut) {
  llm::Hints hints;
  hints.url = recording.at("url");
  hints.provider = recording.at("provider");
  hints.content_type = recording.at("ctype");
  hints.status = recording.at("status");
  llm::ExchangeReader reader{hints};
  const std::string request = recording.at("req");
  const std::string response = body_of(recording);
  for (std::size_t at = 0; at < request.size(); at += cut)
    reader.request(std::string_view{request}.substr(at, cut));
  for (std::size_t at = 0; at < response.size(); at += cut)
    reader.response(std::string_view{response}.substr(at, cut));
  return reader.finish();
}

// Everything but the place of the first content, which counts pieces.
json as_json(const llm::Facts& facts) {
  json calls = json::array();
  for (const auto& call : facts.tool_calls) calls.push_back({call.id, call.name, call.arguments});
  json problems = json::array();
  for (const auto& note : facts.problems) problems.push_back({name_of(note.problem), note.detail});
  json usage;
  for (const auto& field : llm::usage_fields) {
    if (facts.usage.*field.count) usage[std::string{field.name}] = *(facts.usage.*field.count);
  }
  return {facts.operation,
          facts.provider,
          facts.request_model,
          facts.input_messages,
          facts.system_instructions,
          facts.parameters,
          facts.tools,
          facts.stream.value_or(false),
          facts.response_model,
          facts.response_id,
          facts.finish_reasons,
          facts.output_text,
          facts.reasoning,
          facts.refusal,
          calls,
          problems,
          usage,
          facts.embedding_count.value_or(0),
          facts.embedding_dimension.value_or(0),
          facts.service_tier,
          facts.reported_cost.value_or(llm::Money{}).femtodollars,
          facts.error.type,
          facts.error.code,
          facts.error.message,
          facts.chunk_count,
          facts.stream_ended};
}

json as_json(const std::vector<testing_support::ExpectedCall>& calls) {
  json all = json::array();
  for (const auto& call : calls) all.push_back({call.id, call.name, call.arguments});
  return all;
}

json as_json(const std::vector<llm::ToolCall>& calls) {
  json all = json::array();
  for (const auto& call : calls) {
    all.push_back(
        {call.id, call.name, testing_support::arguments_of(call.arguments.empty() ? "{}" : call.arguments)});
  }
  return all;
}

class RecordedExchangesOf : public ::testing::TestWithParam<std::string> {
 protected:
  std::vector<json> recordings_of_models() const {
    std::vector<json> all = recordings(std::filesystem::path{LLMTRACE_EXCHANGES} / (GetParam() + ".jsonl"));
    std::erase_if(all, [](const json& recording) { return recording.at("op").is_null(); });
    return all;
  }
};

TEST_P(RecordedExchangesOf, say_what_an_independent_reader_says) {
  for (const json& recording : recordings_of_models()) {
    SCOPED_TRACE(recording.at("src").get<std::string>() + " " + recording.at("url").get<std::string>());
    const llm::Facts facts = read(recording, SIZE_MAX / 2);
    EXPECT_NE(facts.operation, "");
    EXPECT_NE(facts.provider, "");
    if (recording.at("status") >= 400) {
      EXPECT_NE(facts.error.message, "");
      EXPECT_NE(facts.error.type, "");
      EXPECT_EQ(facts.usage, llm::Usage{});
      continue;
    }
    const Expected expected = testing_support::read_independently(recording);
    EXPECT_TRUE(facts.error.empty()) << facts.error.message;
    EXPECT_NE(facts.model(), "");
    if (!expected.model.empty()) {
      EXPECT_EQ(facts.response_model, expected.model);
    }
    EXPECT_EQ(facts.usage.input, expected.input);
    EXPECT_EQ(facts.usage.output, expected.output);
    if (expected.total) {
      EXPECT_EQ(facts.usage.total, expected.total);
    }
    EXPECT_EQ(facts.usage.input_cached, expected.cached);
    EXPECT_EQ(facts.usage.output_reasoning, expected.reasoning_tokens);
    EXPECT_EQ(facts.output_text, expected.text);
    EXPECT_EQ(facts.reasoning, expected.reasoning);
    EXPECT_EQ(facts.finish_reasons, expected.finish_reasons);
    EXPECT_EQ(as_json(facts.tool_calls), as_json(expected.calls));
  }
}

TEST_P(RecordedExchangesOf, say_the_same_however_they_are_cut) {
  for (const json& recording :
       recordings(std::filesystem::path{LLMTRACE_EXCHANGES} / (GetParam() + ".jsonl"))) {
    const json whole = as_json(read(recording, SIZE_MAX / 2));
    for (const std::size_t cut : {1U, 7U, 4096U}) {
      EXPECT_EQ(as_json(read(recording, cut)), whole) << recording.at("src") << " in pieces of " << cut;
    }
  }
}

// Of the request there are JSON texts that go into a span as they are.
TEST_P(RecordedExchangesOf, give_valid_json_of_the_request) {
  for (const json& recording : recordings_of_models()) {
    const llm::Facts facts = read(recording, 512);
    for (const std::string& text :
         {facts.input_messages, facts.system_instructions, facts.parameters, facts.tools}) {
      EXPECT_TRUE(text.empty() || json::accept(text)) << text;
    }
    const bool chat = facts.operation == "chat" || facts.operation == "generate_content";
    const std::string request = recording.at("req");
    if (chat && !request.empty() && facts.problems.empty()) {
      EXPECT_FALSE(facts.input_messages.empty() && facts.system_instructions.empty())
          << recording.at("src") << request;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, RecordedExchangesOf, ::testing::ValuesIn(providers()),
                         [](const auto& each) { return each.param; });

TEST(RecordedExchanges, cover_every_provider_of_the_documentation) { EXPECT_GE(providers().size(), 22U); }

// Pictures and vectors have no place in a span.
TEST(RecordedExchanges, keep_the_size_of_vectors_and_not_the_vectors) {
  std::size_t seen = 0;
  for (const std::string& provider : providers()) {
    for (const json& recording :
         recordings(std::filesystem::path{LLMTRACE_EXCHANGES} / (provider + ".jsonl"))) {
      if (recording.at("op") != "embeddings" || recording.at("status") >= 400) continue;
      const llm::Facts facts = read(recording, 4096);
      EXPECT_GE(facts.embedding_count.value_or(0), 1U) << recording.at("src");
      EXPECT_GE(facts.embedding_dimension.value_or(0), 2U) << recording.at("src");
      EXPECT_EQ(facts.output_text, "");
      ++seen;
    }
  }
  EXPECT_GE(seen, 40U);
}

}  // namespace
}  // namespace llmtrace
