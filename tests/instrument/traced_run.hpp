// Runs a program with and without the agent against the fake provider, and reads what was recorded.
#pragma once

#include "fault/child_process.hpp"
#include "instrument/started_program.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace llmtrace::testing_support {

using Json = nlohmann::json;
using Command = std::vector<std::string>;

class FakeProvider {
 public:
  FakeProvider();
  [[nodiscard]] const std::string& url() const noexcept { return url_; }
  [[nodiscard]] std::string port() const { return url_.substr(url_.rfind(':') + 1); }

 private:
  StartedProgram program_;
  std::string url_;
};

struct TracedRun {
  Ended ended;
  Json summary;             // of --json
  std::vector<Json> spans;  // as the file exporter wrote them
  std::string written;      // that file, byte by byte

  [[nodiscard]] std::vector<Json> calls() const;  // spans of type llm and embedding
};

// `options` are those of `llmtrace run`.
[[nodiscard]] TracedRun run_traced(const Command& program, const Variables& variables = {},
                                   const Command& options = {});

// Expects that the program does the same with and without the agent.
[[nodiscard]] TracedRun expect_undisturbed(const Command& program, const Variables& variables = {});

// A program of these tests.
[[nodiscard]] Command curl_client(const std::string& scenario, const FakeProvider& provider);

// Its path, or empty where this machine does not have it.
[[nodiscard]] std::string program_in_path(const std::string& name);

class TracedProgramTest : public ::testing::Test {
 protected:
  FakeProvider provider;
};

}  // namespace llmtrace::testing_support
