#include "integration/run_program.hpp"
#include "support/temporary_directory.hpp"
#include <llmtrace/version.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace llmtrace::testing_support {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

ProgramRun llmtrace(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), LLMTRACE_PROGRAM);
  return run_program(arguments);
}

TEST(Cli, shows_its_version) {
  for (const char* spelling : {"version", "--version"}) {
    const ProgramRun run = llmtrace({spelling});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.output, "llmtrace " LLMTRACE_VERSION_STRING "\n");
    EXPECT_THAT(run.errors, IsEmpty());
  }
}

TEST(Cli, shows_its_commands) {
  for (const char* spelling : {"help", "--help", "-h"}) {
    const ProgramRun run = llmtrace({spelling});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_THAT(run.output, HasSubstr("version"));
    EXPECT_THAT(run.errors, IsEmpty());
  }
}

TEST(Cli, explains_a_command) {
  const ProgramRun run = llmtrace({"help", "version"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.output, StartsWith("Usage: llmtrace version\n"));
  EXPECT_EQ(llmtrace({"version", "--help"}).output, run.output);
}

TEST(Cli, refuses_an_unknown_command_and_says_what_may_be_meant) {
  const ProgramRun run = llmtrace({"vresion"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.output, IsEmpty());
  EXPECT_THAT(run.errors, HasSubstr("did you mean \"version\"?"));
  EXPECT_THAT(run.errors, HasSubstr("llmtrace help"));
  EXPECT_THAT(llmtrace({"help", "vresion"}).errors, HasSubstr("did you mean \"version\"?"));
}

TEST(Cli, guesses_nothing_for_a_word_that_is_far_off) {
  const ProgramRun run = llmtrace({std::string(100'000, 'x')});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.errors, ::testing::Not(HasSubstr("did you mean")));
}

TEST(Cli, refuses_calls_that_make_no_sense) {
  const std::vector<std::string> calls[] = {{}, {""}, {"version", "now"}, {"help", "help", "help"}};
  for (const auto& call : calls) {
    const ProgramRun run = llmtrace(call);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.output, IsEmpty());
    EXPECT_THAT(run.errors, StartsWith("llmtrace: "));
  }
}

// Recordings in a file; what `llmtrace read` prints, by line.
std::vector<std::string> read_lines(const std::string& recordings, std::vector<std::string> options = {}) {
  const TemporaryDirectory directory;
  std::ofstream{directory.file("recordings.jsonl")} << recordings;
  options.insert(options.begin(), {"read", directory.file("recordings.jsonl")});
  const ProgramRun run = llmtrace(options);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.errors, IsEmpty());
  std::vector<std::string> lines;
  std::istringstream output{run.output};
  for (std::string line; std::getline(output, line);) lines.push_back(line);
  return lines;
}

constexpr const char* recording =
    R"({"src":"a","url":"https://api.openai.com/v1/chat/completions","status":200,"req":"{\"model\":\"gpt-4o\"}",)"
    R"("resp":"{\"id\":\"x\",\"choices\":[{\"message\":{\"content\":\"caf\u00e9\"},\"finish_reason\":\"stop\"}],)"
    R"(\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":100,\"total_tokens\":1100}}"})";

TEST(CliRead, answers_each_line_in_order_and_those_it_cannot_read) {
  const auto lines = read_lines(std::string{recording} + "\nno JSON\n\n{\"src\":\"c\"}\n[1]\n" + recording);
  ASSERT_EQ(lines.size(), 6U);
  for (const std::size_t good : {0U, 5U}) {
    const auto answer = nlohmann::json::parse(lines[good]);
    EXPECT_EQ(answer.at("src"), "a");
    EXPECT_EQ(answer.at("provider"), "openai");
    EXPECT_EQ(answer.at("operation"), "chat");
    EXPECT_EQ(answer.at("model"), "gpt-4o");
    EXPECT_EQ(answer.at("output_text"), "caf\xC3\xA9");
    EXPECT_EQ(answer.at("usage").at("total"), 1100);
    EXPECT_EQ(answer.at("finish_reasons"), nlohmann::json{"stop"});
    EXPECT_DOUBLE_EQ(answer.at("cost_usd").get<double>(), 0.0035);
    EXPECT_TRUE(answer.at("error").is_null());
  }
  for (const std::size_t bad : {1U, 2U, 3U, 4U}) {
    EXPECT_THAT(nlohmann::json::parse(lines[bad]).at("error").get<std::string>(), ::testing::Not(IsEmpty()));
  }
  EXPECT_EQ(nlohmann::json::parse(lines[3]).at("src"), "c");
}

TEST(CliRead, takes_files_as_other_programs_write_them) {
  std::string refused = R"({"src":"b","url":"h/v1/messages","status":"429","resp":"{}"})";
  const auto lines =
      read_lines("\xEF\xBB\xBF" + std::string{recording} + "\r\n" + refused + "\r\n\x01\xFF\r\n" +
                 R"({"url":"h/v1/messages","status":99999999999999999999,"resp_b64":"?"})");
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(nlohmann::json::parse(lines[0]).at("src"), "a");
  EXPECT_EQ(nlohmann::json::parse(lines[1]).at("error_type"), "429");
  EXPECT_EQ(nlohmann::json::parse(lines[2]).at("error_type"), "unreadable");
  EXPECT_TRUE(nlohmann::json::parse(lines[3]).at("error").is_null());
}

TEST(CliRead, says_the_same_of_bodies_in_pieces) {
  const auto whole = read_lines(recording);
  for (const char* size : {"1", "7", "4096"}) EXPECT_EQ(read_lines(recording, {"--cut", size}), whole);
}

// JSON that stood over several lines in a request broke the answer in two.
TEST(CliRead, answers_in_one_line_whatever_the_request_looks_like) {
  const auto lines = read_lines(
      R"({"url":"https://api.openai.com/v1/chat/completions","req":"{\"messages\":[{\"role\":\"assistant\",)"
      R"(\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{\\n  \\\"a\\\": 1\\r\\n}\"}}]}]}"})");
  ASSERT_EQ(lines.size(), 1U);
  const auto answer = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(answer.at("input_messages").at(0).at("parts").at(0).at("arguments").at("a"), 1);
}

TEST(CliRead, refuses_what_it_does_not_know) {
  for (const std::vector<std::string>& call : std::vector<std::vector<std::string>>{{"read", "--cut"},
                                                                                    {"read", "--cut", "0"},
                                                                                    {"read", "--cut", "x"},
                                                                                    {"read", "--fast"},
                                                                                    {"read", "a", "b"}}) {
    EXPECT_EQ(llmtrace(call).exit_code, 2);
  }
  EXPECT_EQ(llmtrace({"read", "/nowhere/at/all"}).exit_code, 1);
}

}  // namespace
}  // namespace llmtrace::testing_support
