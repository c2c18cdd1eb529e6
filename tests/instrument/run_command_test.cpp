// `llmtrace run` as a way to start programs. What is loaded into them here does nothing, so that each
// difference is the starter's.
#include "fault/child_process.hpp"
#include "instrument/started_program.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace llmtrace::testing_support {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

using Command = std::vector<std::string>;

std::string empty_library() { return beside_this_program("empty_library.so"); }

Command run_with(Command options, const Command& program) {
  Command command{LLMTRACE_PROGRAM, "run", "--agent", empty_library()};
  command.insert(command.end(), options.begin(), options.end());
  command.emplace_back("--");
  command.insert(command.end(), program.begin(), program.end());
  return command;
}

Command in_shell(const std::string& script) { return {"/bin/sh", "-c", script}; }

Ended run_quietly(const Command& program, const Variables& variables = {}) {
  return run_program(run_with({"--quiet"}, program), variables);
}

std::string make_script(const TemporaryDirectory& files, const std::string& name, const std::string& text) {
  std::ofstream{files.file(name)} << text;
  ::chmod(files.file(name).c_str(), 0755);
  return files.file(name);
}

TEST(RunCommand, a_program_sees_no_difference) {
  const std::string observed = beside_this_program("observed_process");
  const std::string script =
      "umask 027; ulimit -n 200; trap '' USR1 HUP; exec 7</dev/null; "
      "printf 'a\\nb\\n' | \"$@\"";
  const Command around = {"/bin/sh", "-c", script, "sh"};
  const Variables group{{"STARTER_GROUP", std::to_string(::getpgrp())}};
  const Command program = {observed, "-x", "--", "--help", "", "two words", "$HOME"};
  Command plain = around;
  plain.insert(plain.end(), program.begin(), program.end());
  Command started = around;
  const Command run = run_with({"--quiet"}, program);
  started.insert(started.end(), run.begin(), run.end());

  const Ended expected = run_program(plain, group);
  const Ended got = run_program(started, group);
  ASSERT_EQ(expected.exit_code, 42) << expected.story();
  EXPECT_EQ(got.exit_code, 42) << got.story();
  EXPECT_EQ(got.output, expected.output);
  EXPECT_EQ(got.errors, expected.errors);
  EXPECT_THAT(got.output, HasSubstr("group is that of the starter 1"));
}

TEST(RunCommand, closed_standard_descriptors_stay_closed) {
  const std::string closing = "exec \"$@\" <&- 2>&-";
  const Command program = in_shell("ls /proc/self/fd 2>&1 | wc -l; cat <&0 2>/dev/null || echo no input");
  Command plain = {"/bin/sh", "-c", closing, "sh"};
  Command started = plain;
  plain.insert(plain.end(), program.begin(), program.end());
  const Command run = run_with({"--quiet"}, program);
  started.insert(started.end(), run.begin(), run.end());
  EXPECT_EQ(run_program(started).output, run_program(plain).output);
}

TEST(RunCommand, ends_as_the_program_ends) {
  EXPECT_EQ(run_quietly(in_shell("exit 0")).exit_code, 0);
  EXPECT_EQ(run_quietly(in_shell("exit 255")).exit_code, 255);
  // SIGINT is ignored where the tests themselves run in the background of a script.
  for (const int signal : {SIGTERM, SIGKILL, SIGSEGV, SIGUSR1})
    EXPECT_EQ(run_quietly(in_shell("kill -" + std::to_string(signal) + " $$")).signal, signal);
}

TEST(RunCommand, a_program_that_cannot_be_started_is_told_as_shells_tell_it) {
  const TemporaryDirectory files;
  std::ofstream{files.file("data")} << "no program";
  const Ended missing = run_quietly({"no-such-program-anywhere"});
  EXPECT_EQ(missing.exit_code, 127);
  EXPECT_THAT(missing.errors, HasSubstr("cannot run no-such-program-anywhere"));
  EXPECT_EQ(run_quietly({files.file("data")}).exit_code, 126);
}

TEST(RunCommand, signals_reach_the_program_once) {
  // Not in `read`: a signal just before it blocks would be seen only when a line comes.
  StartedProgram program{
      run_with({"--quiet"}, in_shell("trap 'echo term; n=1' TERM; trap 'echo usr1' USR1; echo ready; "
                                     "while [ -z \"$n\" ]; do sleep 0.02; done; exit 5"))};
  ASSERT_EQ(program.read_line(), "ready");
  program.send(SIGUSR1);
  EXPECT_EQ(program.read_line(), "usr1");
  program.send(SIGTERM);
  EXPECT_EQ(program.read_line(), "term");
  EXPECT_EQ(program.read_line(), std::nullopt);
  EXPECT_EQ(WEXITSTATUS(program.wait()), 5);
}

// A process at a terminal of its own, as its foreground group.
class AtTerminal {
 public:
  explicit AtTerminal(Command command) {
    child_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (child_ != 0) return;
    std::signal(SIGINT, SIG_DFL);  // it is ignored below a script's background job
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ~AtTerminal() {
    ::close(terminal_);
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  AtTerminal(const AtTerminal&) = delete;
  AtTerminal& operator=(const AtTerminal&) = delete;

  void type(std::string_view text) const {
    EXPECT_EQ(::write(terminal_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // All that was shown, once this was; what was shown when it was not in time.
  const std::string& shown_until(std::string_view text) {
    char bytes[256];
    pollfd wait{terminal_, POLLIN, 0};
    while (shown_.find(text) == std::string::npos && ::poll(&wait, 1, 60'000) > 0) {
      const ssize_t got = ::read(terminal_, bytes, sizeof bytes);
      if (got <= 0) break;
      shown_.append(bytes, static_cast<std::size_t>(got));
    }
    return shown_;
  }

 private:
  pid_t child_ = -1;
  int terminal_ = -1;
  std::string shown_;
};

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// What a terminal sends reaches the whole group; passed on as well, the program would get it twice.
TEST(RunCommand, a_terminals_interrupt_comes_once) {
  AtTerminal session{run_with({"--quiet"}, {beside_this_program("interrupt_counter")})};
  EXPECT_THAT(session.shown_until("ready"), HasSubstr("ready"));
  session.type("first\n");
  EXPECT_THAT(session.shown_until("got 0 of first"), HasSubstr("got 0 of first"));
  session.type("\x03");
  EXPECT_THAT(session.shown_until("^C"), HasSubstr("^C"));
  session.type("second\n");
  EXPECT_EQ(count_of(session.shown_until(" of second"), "got 1 of second"), 1U);
  session.type("third\n");
  EXPECT_EQ(count_of(session.shown_until(" of third"), "got 1 of third"), 1U);
}

TEST(RunCommand, stops_and_goes_on_with_the_program) {
  StartedProgram program{run_with({"--quiet"}, in_shell("kill -STOP $$; echo going on; exit 6"))};
  const int stopped = program.wait(WUNTRACED);
  ASSERT_TRUE(WIFSTOPPED(stopped));
  program.send(SIGCONT);
  EXPECT_EQ(program.read_line(), "going on");
  EXPECT_EQ(WEXITSTATUS(program.wait()), 6);
}

TEST(RunCommand, a_signal_that_was_ignored_stays_ignored) {
  const Ended ended =
      run_program({"/bin/sh", "-c", "trap '' TERM; exec \"$@\"", "sh", LLMTRACE_PROGRAM, "run", "--quiet",
                   "--agent", empty_library(), "--", "/bin/sh", "-c", "kill -TERM $$; echo alive"});
  EXPECT_EQ(ended.output, "alive\n");
}

TEST(RunCommand, what_is_preloaded_already_stays) {
  const Ended ended = run_quietly(in_shell("echo \"$LD_PRELOAD\""),
                                  {{"LD_PRELOAD", beside_this_program("empty_library.so")}});
  EXPECT_EQ(ended.output, empty_library() + ":" + empty_library() + "\n");
}

TEST(RunCommand, options_become_variables_and_nothing_else_does) {
  const Command options = {"--quiet",
                           "--url",
                           "http://localhost:1",
                           "--project",
                           "p",
                           "--print",
                           "--file",
                           "/x",
                           "--providers",
                           "openai",
                           "--methods=embeddings.create",
                           "--exclude",
                           "/private",
                           "--propagate-to",
                           "a.example",
                           "--no-inputs",
                           "--no-outputs",
                           "--redact",
                           "pii"};
  const Ended ended = run_program(run_with(options, in_shell("env")));
  std::vector<std::string> ours;
  std::istringstream lines{ended.output};
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("TRACER_", 0) == 0 && line.rfind("TRACER_AGENT_BOOK=", 0) != 0) ours.push_back(line);
  EXPECT_THAT(ours, testing::UnorderedElementsAre(
                        "TRACER_URL=http://localhost:1", "TRACER_PROJECT_ID=p",
                        "TRACER_EXPORTER=http,file:/x,console", "TRACER_AGENT_PROVIDERS=openai",
                        "TRACER_AGENT_METHODS=embeddings.create", "TRACER_AGENT_EXCLUDE=/private",
                        "TRACER_AGENT_PROPAGATE_TO=a.example", "TRACER_CAPTURE_INPUT=false",
                        "TRACER_CAPTURE_OUTPUT=false", "TRACER_REDACT=pii"));
}

void expect_untouched(const Command& program, const std::string& reason) {
  const Ended ended = run_program(run_with({}, program));
  EXPECT_EQ(ended.output, "untouched\n") << ended.story();
  EXPECT_EQ(ended.errors, "llmtrace: not traced: " + reason + "\n");
  EXPECT_THAT(run_quietly(program).errors, IsEmpty());
}

TEST(RunCommand, programs_that_nothing_can_be_loaded_into_run_untouched) {
  expect_untouched({beside_this_program("go_like_program")},
                   "it is a Go program, which does not use libcurl");
  expect_untouched({beside_this_program("static_program")}, "it is statically linked");
}

TEST(RunCommand, interpreters_of_scripts_are_looked_at) {
  const TemporaryDirectory files;
  const std::string program = beside_this_program("static_program");
  const std::string direct = make_script(files, "direct", "#!" + program + " -x\n");
  expect_untouched({direct}, "it is statically linked");
  expect_untouched({make_script(files, "indirect", "#! " + direct + "\n")}, "it is statically linked");
  fs::create_symlink(program, files.file("interpreter"));
  const std::string by_env = make_script(files, "by_env", "#!/usr/bin/env interpreter\n");
  const Ended ended =
      run_program(run_with({}, {by_env}), {{"PATH", files.path().string() + ":/usr/bin:/bin"}});
  EXPECT_EQ(ended.errors, "llmtrace: not traced: it is statically linked\n");
  const std::string plain = make_script(files, "plain", "#!/bin/sh\necho \"$LD_PRELOAD\"\n");
  EXPECT_EQ(run_quietly({plain}).output, empty_library() + "\n");
}

TEST(RunCommand, a_program_with_rights_of_its_own_is_not_touched) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a program away";
  const TemporaryDirectory files;
  const std::string program = files.file("program");
  fs::copy_file(beside_this_program("go_like_program"), program);
  fs::permissions(files.path(), fs::perms::owner_all | fs::perms::others_exec | fs::perms::group_exec);
  ASSERT_EQ(::chown(program.c_str(), 65534, 65534), 0);
  ASSERT_EQ(::chmod(program.c_str(), 04755), 0);
  expect_untouched({program}, "it is started with rights of its own (setuid)");
}

TEST(RunCommand, help_that_the_program_is_asked_for_is_the_programs) {
  EXPECT_EQ(run_quietly({"/bin/echo", "--help", "me"}).output, "--help me\n");
  EXPECT_THAT(run_program({LLMTRACE_PROGRAM, "run", "--help"}).output, HasSubstr("--providers"));
}

TEST(RunCommand, a_call_without_sense_is_refused) {
  EXPECT_EQ(run_program({LLMTRACE_PROGRAM, "run"}).exit_code, 2);
  EXPECT_EQ(run_program({LLMTRACE_PROGRAM, "run", "--"}).exit_code, 2);
  EXPECT_EQ(run_program({LLMTRACE_PROGRAM, "run", "/bin/true"}).exit_code, 2);
  EXPECT_EQ(run_program({LLMTRACE_PROGRAM, "run", "--nonsense", "--", "/bin/true"}).exit_code, 2);
  const Ended missing = run_program({LLMTRACE_PROGRAM, "run", "--agent", "/no/agent.so", "--", "/bin/true"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.errors, HasSubstr("/no/agent.so"));
}

TEST(RunCommand, an_agent_that_never_started_is_told) {
  const TemporaryDirectory files;
  const Ended ended = run_program(run_with({"--json", files.file("summary")}, in_shell("exit 9")));
  EXPECT_EQ(ended.exit_code, 9);
  EXPECT_THAT(ended.errors, StartsWith("llmtrace: the agent did not start"));
  const auto summary = nlohmann::json::parse(contents(files.file("summary")));
  EXPECT_EQ(summary["traced"], false);
  EXPECT_EQ(summary["exit_code"], 9);
  EXPECT_EQ(summary["calls"], 0);
}

}  // namespace
}  // namespace llmtrace::testing_support
