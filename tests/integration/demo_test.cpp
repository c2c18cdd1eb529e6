// `./dev demo` without its building: the script, as a newcomer runs it, and as a machine does.
#include "integration/run_program.hpp"
#include "support/fault_server.hpp"
#include "support/served_program.hpp"
#include "support/temporary_directory.hpp"
#include "support/terminal_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

namespace llmtrace::testing_support {
namespace {

using ::testing::HasSubstr;

class Demo : public ::testing::Test {
 protected:
  [[nodiscard]] static std::vector<std::string> command(const std::vector<std::string>& options) {
    std::vector<std::string> command{"/bin/bash", LLMTRACE_TREE "/examples/demo/demo.sh", LLMTRACE_BIN};
    command.insert(command.end(), options.begin(), options.end());
    return command;
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const {
    return {{"TMPDIR", directory.file("")}, {"TERM", "xterm"}, {"NO_COLOR", ""}};
  }
  [[nodiscard]] bool left_nothing() const { return std::filesystem::is_empty(directory.file("")); }
  static void expect_whole(const std::string& shown) {
    for (const char* part : {"support_agent", "plan", "gpt-4o-mini", "search_manual",
                             "text-embedding-3-small", "the order service did not answer", "write_answer",
                             "check_tone", "claude-3-5-haiku", "1 error", "4 llm calls"})
      EXPECT_THAT(shown, HasSubstr(part));
  }

  TemporaryDirectory directory;
};

TEST_F(Demo, once_ends_when_the_trace_was_read_back) {
  const ProgramRun run = run_program(command({"--once"}), environment());
  EXPECT_EQ(run.exit_code, 0) << run.output << run.errors;
  EXPECT_EQ(run.errors, "");
  expect_whole(run.output);
  EXPECT_EQ(run.output.find('\033'), std::string::npos) << "colours on a pipe";
  EXPECT_TRUE(left_nothing());
}

TEST_F(Demo, without_a_terminal_it_ends_as_well) {
  const ProgramRun run = run_program(command({}), environment());
  EXPECT_EQ(run.exit_code, 0) << run.output << run.errors;
  expect_whole(run.output);
}

TEST_F(Demo, does_not_care_what_is_set_for_other_programs) {
  auto hostile = environment();
  for (const char* name : {"TRACER_URL", "TRACER_API_KEY", "TRACER_PROJECT_ID", "TRACER_EXPORTER",
                           "http_proxy", "TRACEPARENT", "TRACER_SAMPLE_RATE", "HOME"})
    hostile.emplace_back(name, "nonsense");
  hostile.emplace_back("TRACING_ENABLED", "false");
  const ProgramRun run = run_program(command({"--once"}), hostile);
  EXPECT_EQ(run.exit_code, 0) << run.output << run.errors;
  expect_whole(run.output);
}

TEST_F(Demo, several_may_run_at_once) {
  ProgramRun first;
  std::thread other{[&] { first = run_program(command({"--once"}), environment()); }};
  const ProgramRun second = run_program(command({"--once"}), environment());
  other.join();
  EXPECT_EQ(first.exit_code, 0) << first.errors;
  EXPECT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_TRUE(left_nothing());
}

TEST_F(Demo, says_what_is_missing) {
  const ProgramRun run = run_program(
      {"/bin/bash", LLMTRACE_TREE "/examples/demo/demo.sh", directory.file(""), "--once"}, environment());
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.errors, HasSubstr("the collector did not start"));
  EXPECT_EQ(run_program({"/bin/bash", LLMTRACE_TREE "/examples/demo/demo.sh"}).exit_code, 2);
  EXPECT_EQ(run_program(command({"--twice"})).exit_code, 2);
  EXPECT_EQ(run_program(command({"--port", "x"})).exit_code, 2);
}

TEST_F(Demo, in_a_terminal_it_stays_until_it_is_told_to_go) {
  TerminalProgram demo{command({}), environment()};
  ASSERT_TRUE(demo.shows("in the browser: http://localhost:")) << demo.shown();
  ASSERT_TRUE(demo.shows("/traces/")) << demo.shown();
  ASSERT_TRUE(demo.shows("Ctrl-C ends it")) << demo.shown();
  expect_whole(demo.shown());
  EXPECT_FALSE(left_nothing());
  demo.type("\x03");
  EXPECT_EQ(demo.wait(), 0) << demo.shown();
  EXPECT_TRUE(left_nothing());
}

TEST_F(Demo, takes_another_port_where_its_own_is_taken) {
  const ServedProgram other{{std::string{LLMTRACE_BIN} + "/llmtrace", "serve", "--port", "0", "--memory"}};
  TerminalProgram demo{command({"--port", std::to_string(other.port())}), environment()};
  ASSERT_TRUE(demo.shows("belongs to another llmtrace, so the demo takes a free one")) << demo.shown();
  ASSERT_TRUE(demo.shows("Ctrl-C ends it")) << demo.shown();
  expect_whole(demo.shown());
  demo.type("\x03");
  EXPECT_EQ(demo.wait(), 0) << demo.shown();
}

TEST_F(Demo, takes_another_port_where_somebody_else_listens) {
  const FaultServer other;
  TerminalProgram demo{command({"--port", std::to_string(other.port())}), environment()};
  ASSERT_TRUE(demo.shows("belongs to something else, so the demo takes a free one")) << demo.shown();
  ASSERT_TRUE(demo.shows("Ctrl-C ends it")) << demo.shown();
  demo.type("\x03");
  EXPECT_EQ(demo.wait(), 0) << demo.shown();
}

}  // namespace
}  // namespace llmtrace::testing_support
