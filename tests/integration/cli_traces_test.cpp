// The commands that read, send and check, against a service and against a file.
#include "integration/run_program.hpp"
#include "support/collector_fixture.hpp"
#include "support/fault_server.hpp"
#include "support/scoped_environment.hpp"
#include "support/served_program.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace llmtrace::testing_support {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* trace_id = "78bc927ded35455daad71e75cde2b88e";

// As the `file` exporter writes it, with what a terminal must not be given.
constexpr const char* lines =
    R"({"span":{"trace_id":"78bc927ded35455daad71e75cde2b88e","span_id":"caa69c1e0798ff49","parent_span_id":"db9c559891948d23","name":"answer","span_type":"llm","start_time":"2026-01-01T00:00:04Z","end_time":"2026-01-01T00:00:04.8124Z","duration_ms":812.4,"status":"ok","model":"gpt-4o","input_data":{"messages":[{"role":"user","content":"Where is my parcel?"}]},"output_data":"On its way.","tokens_input":120,"tokens_output":48,"cost_usd":0.00078}}
{"span":{"trace_id":"78bc927ded35455daad71e75cde2b88e","span_id":"6280938ad5a104f2","parent_span_id":"db9c559891948d23","name":"evil \u001b[31mname\u0007","span_type":"tool","start_time":"2026-01-01T00:00:01Z","end_time":"2026-01-01T00:00:04Z","duration_ms":3000.125,"status":"error","error":"no \u001b]0;title\u0007 answer","error_type":"timeout","input_data":{"order":4711}}}
{"span":{"trace_id":"78bc927ded35455daad71e75cde2b88e","span_id":"db9c559891948d23","name":"chat-request","span_type":"chain","start_time":"2026-01-01T00:00:01Z","end_time":"2026-01-01T00:00:04.812525Z","duration_ms":3812.525,"status":"ok"}}
{"trace":{"trace_id":"78bc927ded35455daad71e75cde2b88e","root_span_id":"db9c559891948d23","name":"chat-request","project_id":"support-bot","start_time":"2026-01-01T00:00:01Z","end_time":"2026-01-01T00:00:04.812525Z","duration_ms":3812.525,"status":"ok","user_id":"u1","session_id":"s9","tags":["prod"]}}
)";

class CliTraces : public CollectorTest {
 protected:
  void SetUp() override {
    start();
    std::ofstream{file()} << lines;
  }
  [[nodiscard]] std::string file() const { return directory_.file("traces.jsonl"); }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }

  [[nodiscard]] ProgramRun llmtrace(std::vector<std::string> arguments,
                                    std::vector<std::pair<std::string, std::string>> environment = {}) const {
    arguments.insert(arguments.begin(), LLMTRACE_PROGRAM);
    environment.emplace_back("TRACER_URL", url());
    environment.emplace_back("LC_ALL", "C.UTF-8");
    return run_program(arguments, environment);
  }
  void import_file() const {
    const ProgramRun run = llmtrace({"import", file(), "--project", "bot"});
    ASSERT_EQ(run.exit_code, 0) << run.errors;
    ASSERT_EQ(run.output, "3 spans and 1 traces stored\n");
  }

  TemporaryDirectory directory_;
};

void expect_harmless(const ProgramRun& run) {
  EXPECT_THAT(run.output, Not(HasSubstr("\x1b")));
  EXPECT_THAT(run.output, Not(HasSubstr("\x07")));
}

TEST_F(CliTraces, lists_the_traces_of_a_file_and_of_a_service) {
  import_file();
  for (const ProgramRun& run : {llmtrace({"ls", file()}), llmtrace({"ls", "--project", "bot"})}) {
    EXPECT_EQ(run.exit_code, 0) << run.errors;
    EXPECT_THAT(run.output, ContainsRegex("TRACE +AGE +STATUS +NAME +LATENCY +TOKENS +COST"));
    EXPECT_THAT(run.output,
                ContainsRegex(
                    "78bc927ded35455daad71e75cde2b88e .*ok +chat-request +3.81 s +120→48 tok +\\$0.000780"));
    expect_harmless(run);
  }
}

TEST_F(CliTraces, lists_as_json_and_by_filter) {
  const ProgramRun json = llmtrace({"ls", file(), "--json"});
  const Json rows = Json::parse(json.output);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["trace_id"], trace_id);
  EXPECT_EQ(llmtrace({"ls", file(), "--filter", "model:none"}).output, "no traces\n");
  EXPECT_THAT(llmtrace({"ls", file(), "--filter", "model:gpt-4o error:true"}).output, HasSubstr(trace_id));
  const ProgramRun wrong = llmtrace({"ls", file(), "--filter", "nosuchfield:1"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.errors, HasSubstr("at character 1"));
}

TEST_F(CliTraces, shows_a_trace_as_a_tree) {
  import_file();
  for (const ProgramRun& run : {llmtrace({"show", trace_id, file()}), llmtrace({"show", trace_id})}) {
    EXPECT_EQ(run.exit_code, 0) << run.errors;
    EXPECT_THAT(run.output, ContainsRegex("user +u1"));
    EXPECT_THAT(run.output, ContainsRegex("chat-request.*1 llm call.*1 error"));
    EXPECT_THAT(run.output, HasSubstr("└─ answer"));
    EXPECT_THAT(run.output, HasSubstr("timeout: no ?]0;title? answer"));
    EXPECT_THAT(run.output, Not(HasSubstr("Where is my parcel?")));
    expect_harmless(run);
  }
}

TEST_F(CliTraces, shows_what_went_in_and_out_when_asked) {
  const ProgramRun run = llmtrace({"show", trace_id, file(), "--io"});
  EXPECT_THAT(run.output, HasSubstr("  user\n    Where is my parcel?\n"));
  EXPECT_THAT(run.output, HasSubstr("  output\n    On its way.\n"));
  EXPECT_THAT(run.output, HasSubstr("\"order\": 4711"));
  expect_harmless(run);
  const Json json = Json::parse(llmtrace({"show", trace_id, file(), "--io", "--json"}).output);
  EXPECT_EQ(json["spans"].size(), 3u);
}

TEST_F(CliTraces, says_which_trace_is_not_there) {
  const ProgramRun unknown = llmtrace({"show", std::string(32, '7'), file()});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.errors, HasSubstr("there is no trace"));
  EXPECT_EQ(llmtrace({"show", "abc", file()}).exit_code, 2);
  EXPECT_EQ(llmtrace({"show"}).exit_code, 2);
  EXPECT_EQ(llmtrace({"ls", directory_.file("missing")}).exit_code, 1);
}

TEST_F(CliTraces, sums_up) {
  import_file();
  for (const ProgramRun& run : {llmtrace({"stats", file()}), llmtrace({"stats", "--project", "bot"})}) {
    EXPECT_EQ(run.exit_code, 0) << run.errors;
    EXPECT_THAT(run.output, HasSubstr("spans   3\n"));
    EXPECT_THAT(run.output, ContainsRegex("gpt-4o +1 +0 .*120 +48"));
    EXPECT_THAT(run.output, ContainsRegex("chat-request +1 +"));
  }
  const Json json = Json::parse(llmtrace({"stats", file(), "--json"}).output);
  EXPECT_EQ(json["totals"]["spans"], 3);
  EXPECT_EQ(json["models"][0]["group"], "gpt-4o");
}

TEST_F(CliTraces, exports_what_it_has_imported) {
  import_file();
  const std::string out = directory_.file("out.jsonl");
  EXPECT_EQ(llmtrace({"export", "--project", "bot", "-o", out}).exit_code, 0);
  const std::string exported = contents(out);
  EXPECT_EQ(std::count(exported.begin(), exported.end(), '\n'), 4);
  EXPECT_EQ(llmtrace({"export", "--project", "bot", "--trace", trace_id}).output, exported);
  EXPECT_EQ(llmtrace({"export", "--project", "bot", "--filter", "model:none"}).output, "");
  const ProgramRun again = llmtrace({"import", out, "--project", "copy"});
  EXPECT_EQ(again.output, "3 spans and 1 traces stored\n");
  const std::string copy = llmtrace({"export", "--project", "copy"}).output;
  Json first = Json::parse(exported.substr(0, exported.find('\n')));
  Json second = Json::parse(copy.substr(0, copy.find('\n')));
  first["trace"].erase("project_id");
  second["trace"].erase("project_id");
  EXPECT_EQ(first, second);
  EXPECT_EQ(llmtrace({"import", out, "--project", "copy"}).exit_code, 0);
  EXPECT_EQ(get("/api/stats", "copy").body["total_spans"], 3);
}

TEST_F(CliTraces, says_what_it_could_not_import) {
  std::ofstream{file(), std::ios::app} << "not json\n{\"span\":{\"trace_id\":\"x\"}}\n";
  const ProgramRun run = llmtrace({"import", file(), "--project", "bot"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.errors, HasSubstr("1 lines are no spans or traces"));
  EXPECT_THAT(run.errors, HasSubstr("1 items were rejected, the first: trace_id"));
}

TEST_F(CliTraces, sends_a_sample_that_can_be_read_back) {
  const ProgramRun sent = llmtrace({"send-sample", "--project", "demo"});
  ASSERT_EQ(sent.exit_code, 0) << sent.errors;
  const std::string id = sent.output.substr(std::string{"sent trace "}.size(), 32);
  const ProgramRun shown = llmtrace({"show", id, "--project", "demo"});
  EXPECT_EQ(shown.exit_code, 0) << shown.errors;
  EXPECT_THAT(shown.output, ContainsRegex("support-question.*2 llm calls.*1 error"));
  EXPECT_THAT(shown.output, HasSubstr("claude-sonnet"));
}

TEST_F(CliTraces, chooses_the_project_that_was_written_to_last_and_says_so) {
  static_cast<void>(llmtrace({"send-sample", "--project", "first"}));
  static_cast<void>(llmtrace({"send-sample", "--project", "second"}));
  const ProgramRun run = llmtrace({"stats"});
  EXPECT_THAT(run.output, HasSubstr("project second"));
  EXPECT_THAT(run.errors, HasSubstr("first"));
  EXPECT_THAT(llmtrace({"stats"}, {{"TRACER_PROJECT_ID", "first"}}).output, HasSubstr("project first"));
}

TEST_F(CliTraces, finds_nothing_wrong_where_nothing_is) {
  const ProgramRun run = llmtrace({"doctor"}, {{"TRACER_API_KEY", "project-p"}});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("nothing is wrong"));
}

TEST_F(CliTraces, finds_what_is_wrong) {
  const auto problem = [&](std::vector<std::pair<std::string, std::string>> environment) {
    environment.emplace_back("LC_ALL", "C.UTF-8");
    const ProgramRun run = run_program({LLMTRACE_PROGRAM, "doctor", "--json"}, environment);
    EXPECT_EQ(run.exit_code, 1) << run.output;
    std::string found;
    const Json report = Json::parse(run.output);
    for (const Json& check : report["checks"])
      if (check["finding"] == "problem") found += check["check"].get<std::string>() + " ";
    return found;
  };
  EXPECT_EQ(problem({{"TRACER_URL", "http://127.0.0.1:1"}}), "service ");
  EXPECT_EQ(problem({{"TRACER_URL", "localhost"}}), "url ");
  EXPECT_EQ(problem({{"TRACER_URL", "http://other.example"}}), "url ");
  EXPECT_EQ(problem({{"TRACER_URL", url()}, {"TRACING_ENABLED", "false"}}), "enabled ");
  EXPECT_EQ(problem({{"TRACER_URL", url()}, {"TRACER_API_KEY", "project-a"}, {"TRACER_PROJECT_ID", "b"}}),
            "key ");
  EXPECT_EQ(problem({{"TRACER_URL", url()}, {"TRACER_API_KEY", "wrong"}}), "admission ");
}

// Each finding of the doctor that needs a service which is not as it should be.
TEST_F(CliTraces, tells_a_service_that_is_none_and_a_clock_that_is_wrong) {
  FaultServer odd;
  const auto report = [&] {
    return run_program({LLMTRACE_PROGRAM, "doctor"},
                       {{"TRACER_URL", odd.url()}, {"TRACER_API_KEY", "project-p"}});
  };
  odd.otherwise(testing_support::html_page());
  const ProgramRun page = report();
  EXPECT_EQ(page.exit_code, 1);
  EXPECT_THAT(page.output, ContainsRegex("bad  service .* but not as llmtrace does"));
  EXPECT_EQ(page.output.find('\033'), std::string::npos) << "colours on a pipe";
  odd.otherwise(testing_support::reply(
      200, {},
      R"({"status":"healthy","version":"1","timestamp":"2020-01-01T00:00:00Z","total_traces":0,)"
      R"("ready":false,"problem":"the disk is full"})"));
  const ProgramRun old = report();
  EXPECT_EQ(old.exit_code, 1);
  EXPECT_THAT(old.output, ContainsRegex("bad  clock .*differs"));
  EXPECT_THAT(old.output, ContainsRegex("bad  store .*the disk is full"));
  EXPECT_THAT(old.output, HasSubstr("2 problems"));
}

TEST_F(CliTraces, finds_a_project_that_cannot_be_one_and_no_home) {
  const ProgramRun project =
      llmtrace({"doctor"}, {{"TRACER_PROJECT_ID", "a b"}, {"TRACER_API_KEY", "project-p"}});
  EXPECT_EQ(project.exit_code, 1);
  EXPECT_THAT(project.output, ContainsRegex("bad  project"));
  const ProgramRun homeless =
      llmtrace({"doctor"}, {{"HOME", ""}, {"XDG_DATA_HOME", ""}, {"TRACER_API_KEY", "project-p"}});
  EXPECT_EQ(homeless.exit_code, 0) << homeless.output;
  EXPECT_THAT(homeless.output, ContainsRegex("note disk .*HOME is not set"));
}

TEST_F(CliTraces, serves_without_a_home_where_it_is_told_the_file) {
  const TemporaryDirectory directory;
  const ProgramRun lost =
      run_program({LLMTRACE_PROGRAM, "serve", "--port", "0"}, {{"HOME", ""}, {"XDG_DATA_HOME", ""}});
  EXPECT_EQ(lost.exit_code, 1);
  EXPECT_THAT(lost.errors, HasSubstr("--db FILE"));
  const ScopedEnvironment homeless{"HOME", ""};
  const ServedProgram served{{LLMTRACE_PROGRAM, "serve", "--port", "0", "--db", directory.file("traces.db")}};
  EXPECT_NE(served.port(), 0);
}

TEST_F(CliTraces, cannot_be_used_without_a_service_and_says_why) {
  const ProgramRun run = run_program({LLMTRACE_PROGRAM, "ls"}, {{"TRACER_URL", "http://127.0.0.1:1"}});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, IsEmpty());
  EXPECT_THAT(run.errors, HasSubstr("127.0.0.1:1"));
}

TEST_F(CliTraces, explains_every_command_with_an_example) {
  for (const char* command :
       {"serve", "tail", "ls", "show", "stats", "export", "import", "send-sample", "doctor"}) {
    const ProgramRun run = llmtrace({command, "--help"});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_THAT(run.output, HasSubstr(std::string{"Usage: llmtrace "} + command));
    EXPECT_THAT(run.output, HasSubstr("Example: llmtrace ")) << command;
    EXPECT_EQ(llmtrace({command, "--no-such-option"}).exit_code, 2) << command;
  }
}

}  // namespace
}  // namespace llmtrace::testing_support
