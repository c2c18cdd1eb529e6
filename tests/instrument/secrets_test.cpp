// Nothing that is secret leaves a traced program: not by a file, not to a service, not into its database.
#include "instrument/traced_run.hpp"
#include "support/served_program.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace llmtrace::testing_support {
namespace {

using testing::HasSubstr;

// In a request as programs send it; none is a word that would occur by itself.
const std::vector<std::string>& secrets() {
  static const std::vector<std::string> all{
      "sk-HeaderSecret0123456789", "QuerySecret0123456789", "UserSecret01234",    "PasswordSecret01234",
      "EnvironmentSecret0123",     "ArgumentSecret01234",   "CookieSecret0123456"};
  return all;
}

void expect_no_secret(const std::string& bytes, const std::string& where) {
  for (const std::string& secret : secrets())
    EXPECT_EQ(bytes.find(secret), std::string::npos) << secret << " is in " << where;
}

std::string all_files_below(const std::filesystem::path& folder) {
  std::string bytes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder})
    if (entry.is_regular_file()) bytes += contents(entry.path().string());
  return bytes;
}

class Secrets : public TracedProgramTest {
 protected:
  [[nodiscard]] Command program() const {
    return {program_in_path("curl"),
            "-s",
            "-A",
            "ArgumentSecret01234",
            "-H",
            "Authorization: Bearer sk-HeaderSecret0123456789",
            "-H",
            "x-api-key: sk-HeaderSecret0123456789",
            "-b",
            "session=CookieSecret0123456",
            "-d",
            R"({"model":"gpt-4o","messages":[{"role":"user","content":"hello there"}]})",
            "http://UserSecret01234:PasswordSecret01234@127.0.0.1:" + provider.port() +
                "/v1/chat/completions?key=QuerySecret0123456789&api-version=1"};
  }
  const Variables variables_{{"OPENAI_API_KEY", "EnvironmentSecret0123"}, {"TRACER_PROJECT_ID", "secrets"}};
};

TEST_F(Secrets, stay_out_of_files_and_summaries) {
  if (program_in_path("curl").empty()) GTEST_SKIP() << "there is no curl here";
  const TracedRun run = run_traced(program(), variables_);
  EXPECT_THAT(run.written, HasSubstr("You said: hello there"));
  expect_no_secret(run.written, "the file");
  expect_no_secret(run.summary.dump(), "the summary");
  expect_no_secret(run.ended.errors, "what was said at the end");
}

TEST_F(Secrets, stay_out_of_what_a_service_stores) {
  if (program_in_path("curl").empty()) GTEST_SKIP() << "there is no curl here";
  const TemporaryDirectory store;
  const TemporaryDirectory elsewhere;
  ServedProgram service{{LLMTRACE_PROGRAM, "serve", "--port", "0", "--db", store.file("traces.db")}};
  Command command{LLMTRACE_PROGRAM, "run", "--url", service.url(), "--"};
  for (const std::string& part : program()) command.push_back(part);
  const Ended ended = run_program(command, variables_);
  EXPECT_EQ(ended.exit_code, 0) << ended.story();
  EXPECT_THAT(ended.errors, HasSubstr("sent to " + service.url()));

  const Ended exported =
      run_program({LLMTRACE_PROGRAM, "export", "--url", service.url(), "--project", "secrets"});
  EXPECT_THAT(exported.output, HasSubstr("You said: hello there")) << exported.story();
  expect_no_secret(exported.output, "the export");
  EXPECT_EQ(service.end(), 0);
  expect_no_secret(all_files_below(store.path()), "the database");
}

}  // namespace
}  // namespace llmtrace::testing_support
