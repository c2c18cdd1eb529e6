// Examples and the agent, against a server that speaks like the provider.
#include "integration/run_program.hpp"
#include "support/fault_server.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace llmtrace::testing_support {
namespace {

constexpr const char* reply_text =
    R"({"id":"c1","model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"They float."},)"
    R"("finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}})";

class AutoTracing : public ::testing::Test {
 protected:
  AutoTracing() { server_.otherwise(reply(200, {{"Content-Type", "application/json"}}, reply_text)); }

  ProgramRun run(const char* program, const std::string& preload = "") {
    return run_program({program}, {{"TRACER_EXPORTER", "file:" + file()},
                                   {"OPENAI_BASE_URL", server_.url() + "/v1"},
                                   {"OPENAI_API_KEY", "sk-none"},
                                   {"LD_PRELOAD", preload},
                                   {"no_proxy", "*"}});
  }
  [[nodiscard]] std::string file() const { return directory_.file("traces.jsonl"); }
  [[nodiscard]] std::vector<nlohmann::json> spans() const {
    std::vector<nlohmann::json> all;
    std::istringstream in{contents(file())};
    for (std::string line; std::getline(in, line);) {
      const auto item = nlohmann::json::parse(line);
      if (item.contains("span")) all.push_back(item["span"]);
    }
    return all;
  }
  [[nodiscard]] nlohmann::json span_of_type(const std::string& type) const {
    for (const auto& span : spans())
      if (span["span_type"] == type) return span;
    return nlohmann::json::object();
  }

  FaultServer server_;
  TemporaryDirectory directory_;
};

TEST_F(AutoTracing, an_existing_application_shows_its_agent_and_the_call_below_it) {
  const ProgramRun ran = run(LLMTRACE_EXISTING_APP);
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.output, std::string{reply_text} + "\n");
  EXPECT_EQ(ran.errors, "");
  ASSERT_EQ(spans().size(), 2U);
  const auto agent = span_of_type("agent");
  const auto call = span_of_type("llm");
  EXPECT_EQ(agent["agent_type"], "researcher");
  EXPECT_EQ(call["parent_span_id"], agent["span_id"]);
  EXPECT_EQ(call["output_text"], "They float.");
  EXPECT_EQ(call["tokens_input"], 1000);
  EXPECT_EQ(contents(file()).find("sk-none"), std::string::npos);
}

TEST_F(AutoTracing, a_third_partys_client_fills_the_span_around_it) {
  const ProgramRun ran = run(LLMTRACE_THIRD_PARTY);
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.output, std::string{reply_text} + "\n");
  EXPECT_NE(ran.errors.find("libcurl"), std::string::npos);
  ASSERT_EQ(spans().size(), 1U);
  const auto call = spans().front();
  EXPECT_EQ(call["name"], "summarize");
  EXPECT_EQ(call["attributes"]["document"], "boats.txt");
  EXPECT_EQ(call["model"], "gpt-4o-mini");
  EXPECT_EQ(call["tokens_output"], 100);
}

#ifdef LLMTRACE_AGENT
// The program has a copy of the library, and the agent another: they must meet in one core.
TEST_F(AutoTracing, the_agent_beside_a_program_that_traces_itself_makes_no_second_span) {
  const ProgramRun ran = run(LLMTRACE_EXISTING_APP, LLMTRACE_AGENT);
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.output, std::string{reply_text} + "\n");
  EXPECT_EQ(ran.errors, "");
  ASSERT_EQ(spans().size(), 2U);
  EXPECT_EQ(span_of_type("llm")["parent_span_id"], span_of_type("agent")["span_id"]);
  EXPECT_EQ(span_of_type("llm")["trace_id"], span_of_type("agent")["trace_id"]);
}

// This program traces by itself, in ways that know nothing of the agent: the adapter on its handle.
TEST_F(AutoTracing, the_agent_fills_the_span_of_an_adapter) {
  const ProgramRun ran = run(LLMTRACE_OPENAI_CHAT, LLMTRACE_AGENT);
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.output, reply_text);
  ASSERT_EQ(spans().size(), 2U) << contents(file());
  EXPECT_EQ(span_of_type("llm")["tokens_input"], 1000);
}

TEST_F(AutoTracing, a_program_may_start_its_tracer_behind_the_agents) {
  const ProgramRun ran = run(LLMTRACE_LATE_TRACER, LLMTRACE_AGENT);
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.output, "called\ncalled\n");
  ASSERT_EQ(spans().size(), 2U) << contents(file());
  EXPECT_EQ(spans()[0]["span_type"], "llm");
  EXPECT_EQ(spans()[1]["name"], "mine") << "filled by the agent, not doubled";
  EXPECT_EQ(spans()[1]["tokens_input"], 1000);
}
#endif

}  // namespace
}  // namespace llmtrace::testing_support
