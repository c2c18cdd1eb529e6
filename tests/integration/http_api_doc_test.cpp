// Runs the requests of docs/http-api.md, in their order, and compares the answers with those that stand
// there.
#include "support/collector_fixture.hpp"
#include "support/markdown.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

namespace llmtrace::testing_support {
namespace {

struct Example {
  std::size_t line = 0;
  std::string method;
  std::string target;
  HeaderLines headers;
  std::string body;
  int status = 0;
  std::vector<std::string> answer;
  bool lines = false;  // the answer is JSON lines
};

void read_request(const MarkdownBlock& block, Example& example) {
  example.line = block.line;
  const auto space = block.lines.at(0).find(' ');
  example.method = block.lines[0].substr(0, space);
  example.target = block.lines[0].substr(space + 1);
  std::size_t at = 1;
  for (; at < block.lines.size() && !block.lines[at].empty(); ++at)
    example.headers.push_back(block.lines[at]);
  for (; at < block.lines.size(); ++at) example.body += block.lines[at] + "\n";
}

std::vector<Example> examples_of(const std::string& markdown) {
  std::vector<Example> examples;
  bool open = false;
  for (const MarkdownBlock& block : blocks_of(markdown)) {
    if (block.language == "http") {
      EXPECT_FALSE(open) << "no answer to the request before line " << block.line;
      read_request(block, examples.emplace_back());
      open = true;
    } else if (open && (block.language == "json" || block.language == "jsonl")) {
      examples.back().status = std::stoi(block.lines.at(0));
      examples.back().answer.assign(block.lines.begin() + 1, block.lines.end());
      examples.back().lines = block.language == "jsonl";
      open = false;
    }
  }
  EXPECT_FALSE(open) << "the last request has no answer";
  return examples;
}

// "…" stands for any value.
void forgive(const Json& expected, Json& actual) {
  if (expected == "…") {
    actual = expected;
  } else if (expected.is_object() && actual.is_object()) {
    for (const auto& [key, value] : expected.items())
      if (actual.contains(key)) forgive(value, actual[key]);
  } else if (expected.is_array() && actual.is_array()) {
    for (std::size_t i = 0; i < std::min(expected.size(), actual.size()); ++i)
      forgive(expected[i], actual[i]);
  }
}

void compare(const std::string& expected_text, const std::string& actual_text) {
  const Json expected = Json::parse(expected_text, nullptr, false);
  Json actual = Json::parse(actual_text, nullptr, false);
  ASSERT_FALSE(expected.is_discarded()) << expected_text;
  ASSERT_FALSE(actual.is_discarded()) << actual_text;
  forgive(expected, actual);
  EXPECT_EQ(actual, expected) << "difference: " << Json::diff(expected, actual);
}

class HttpApiDoc : public CollectorTest {};

TEST_F(HttpApiDoc, answers_as_it_says) {
  start();
  const auto examples = examples_of(contents(LLMTRACE_TREE "/docs/http-api.md"));
  ASSERT_GE(examples.size(), 20u);
  for (const Example& example : examples) {
    SCOPED_TRACE("line " + std::to_string(example.line) + ": " + example.method + " " + example.target);
    const RawReply reply = ask(port(), example.method, example.target, example.headers, example.body);
    EXPECT_EQ(reply.status, example.status) << reply.body;
    std::string expected;
    for (const std::string& line : example.answer) expected += line + "\n";
    if (!example.lines) {
      compare(expected, reply.body);
      continue;
    }
    const auto actual = lines_of(reply.body);
    ASSERT_GE(actual.size(), example.answer.size()) << reply.body;
    for (std::size_t i = 0; i < example.answer.size(); ++i) compare(example.answer[i], actual[i]);
  }
}

}  // namespace
}  // namespace llmtrace::testing_support
