#include "integration/run_program.hpp"
#include <llmtrace/version.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace llmtrace::testing_support
