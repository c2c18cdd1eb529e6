// What the library has to say must neither end its host, nor stop it, nor fill its log.
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"

#include <map>
#include <sstream>

namespace llmtrace::testing_support {
namespace {

// How often each line of it is there.
std::map<std::string, int> lines_of(const std::string& text) {
  std::map<std::string, int> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) ++lines[line];
  return lines;
}

// SIGPIPE used to end the process.
TEST(DiagnosticsFault, survive_a_stderr_that_nobody_reads) {
  EXPECT_TRUE(ended_well(run_host({"stderr_without_a_reader"})));
}

TEST(DiagnosticsFault, wait_for_nobody_who_reads_stderr) {
  const Ended ended = run_host({"stderr_that_is_full"}, {}, std::chrono::seconds{20});
  EXPECT_FALSE(ended.timed_out);
  EXPECT_TRUE(ended_well(ended));
}

// The limit of one a minute used to begin anew with each tracer.
TEST(DiagnosticsFault, say_the_same_once_however_many_tracers_have_it_to_say) {
  const Ended ended = run_host({"the_same_again_and_again", url_of_port(refused_port()), "8"});
  ASSERT_TRUE(ended_well(ended));
  const auto lines = lines_of(ended.errors);
  EXPECT_GE(lines.size(), 3U) << "a wrong url, an init that is refused, a service that is not there\n"
                              << ended.errors;
  for (const auto& [line, count] : lines) EXPECT_EQ(count, 1) << line;
}

// This one used to be told for each init, and even where nothing is to be.
TEST(DiagnosticsFault, tell_of_another_version_once_and_only_if_asked_for) {
  const Ended told = run_host({"another_version_is_here", "warn"});
  ASSERT_TRUE(ended_well(told));
  const auto lines = lines_of(told.errors);
  ASSERT_EQ(lines.size(), 1U) << told.errors;
  EXPECT_EQ(lines.begin()->second, 1);
  EXPECT_NE(lines.begin()->first.find("version"), std::string::npos) << told.errors;
  const Ended silent = run_host({"another_version_is_here", "off"});
  ASSERT_TRUE(ended_well(silent));
  EXPECT_EQ(silent.errors, "");
}

}  // namespace
}  // namespace llmtrace::testing_support
