// Runs each example as its reader would and compares what it recorded: names, parents, kinds, models, tokens,
// errors.
#include "integration/example_expectations.hpp"
#include "integration/example_trees.hpp"
#include "integration/run_program.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <string>

namespace llmtrace::testing_support {
namespace {

class Example : public testing::TestWithParam<ExampleExpectation> {};

TEST_P(Example, records_what_it_shows) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("traces.jsonl");
  const ProgramRun run =
      run_program({std::string{LLMTRACE_BIN "/"} + GetParam().name}, {{"TRACER_EXPORTER", "file:" + file}});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.errors, "");
  EXPECT_EQ(run.output, GetParam().output);
  EXPECT_EQ(recorded_trees(contents(file)), GetParam().trees);
}

INSTANTIATE_TEST_SUITE_P(All, Example, testing::ValuesIn(example_expectations()),
                         [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace llmtrace::testing_support
