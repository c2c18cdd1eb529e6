#include "instrument/traced_run.hpp"

#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace llmtrace::testing_support {
namespace {

std::vector<Json> spans_in(const std::string& lines) {
  std::vector<Json> spans;
  std::istringstream text{lines};
  for (std::string line; std::getline(text, line);) {
    Json item = Json::parse(line);
    if (item.contains("span")) spans.push_back(std::move(item["span"]));
  }
  return spans;
}

}  // namespace

FakeProvider::FakeProvider() : program_{{LLMTRACE_FAKE_PROVIDER, "--until-stdin-closes"}} {
  const auto greeting = program_.read_line();
  if (!greeting) throw std::runtime_error{"the fake provider did not start"};
  url_ = greeting->substr(greeting->rfind(' ') + 1);
}

std::vector<Json> TracedRun::calls() const {
  std::vector<Json> found;
  for (const Json& span : spans)
    if (span["span_type"] == "llm" || span["span_type"] == "embedding") found.push_back(span);
  return found;
}

TracedRun run_traced(const Command& program, const Variables& variables, const Command& options) {
  const TemporaryDirectory files;
  Command command{LLMTRACE_PROGRAM,    "run",    "--exporter",         "none", "--file",
                  files.file("spans"), "--json", files.file("summary")};
  command.insert(command.end(), options.begin(), options.end());
  command.emplace_back("--");
  command.insert(command.end(), program.begin(), program.end());
  TracedRun run;
  run.ended = run_program(command, variables);
  run.written = contents(files.file("spans"));
  run.spans = spans_in(run.written);
  run.summary = Json::parse(contents(files.file("summary")), nullptr, false);
  return run;
}

TracedRun expect_undisturbed(const Command& program, const Variables& variables) {
  const Ended plain = run_program(program, variables);
  TracedRun traced = run_traced(program, variables, {"--quiet"});
  EXPECT_EQ(traced.ended.output, plain.output);
  EXPECT_EQ(traced.ended.errors, plain.errors);
  EXPECT_EQ(traced.ended.exit_code, plain.exit_code);
  EXPECT_EQ(traced.ended.signal, plain.signal);
  EXPECT_FALSE(traced.ended.timed_out);
  EXPECT_TRUE(traced.summary.is_object()) << traced.ended.story();
  return traced;
}

Command curl_client(const std::string& scenario, const FakeProvider& provider) {
  return {beside_this_program("curl_client"), scenario, provider.url()};
}

std::string program_in_path(const std::string& name) {
  for (const char* folder : {"/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/sbin/", "/usr/libexec/"})
    if (::access((folder + name).c_str(), X_OK) == 0) return folder + name;
  return {};
}

}  // namespace llmtrace::testing_support
