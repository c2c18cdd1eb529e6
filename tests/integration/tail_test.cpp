// `llmtrace tail` in a terminal: traces as they end, also after the service was away.
#include "integration/run_program.hpp"
#include "support/raw_client.hpp"
#include "support/served_program.hpp"
#include "support/temporary_directory.hpp"
#include "support/terminal_program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace llmtrace::testing_support {
namespace {

using nlohmann::json;

class Tail : public ::testing::Test {
 protected:
  void serve(const std::string& port) {
    server_ = std::make_unique<ServedProgram>(std::vector<std::string>{LLMTRACE_PROGRAM, "serve", "--port",
                                                                       port, "--retention-days", "0", "--db",
                                                                       directory_.file("traces.db")});
  }
  // On a port that the system gives to nobody by itself, so that it is free again when the server comes back.
  [[nodiscard]] std::string serve_on_a_lasting_port() {
    for (int i = 0;; ++i) {
      const std::string port = std::to_string(20'000 + (::getpid() * 7 + i) % 10'000);
      try {
        serve(port);
        return port;
      } catch (const std::runtime_error&) {
        if (i == 20) throw;
      }
    }
  }
  [[nodiscard]] std::vector<std::string> command() const {
    return {LLMTRACE_PROGRAM, "tail", "--project", "live", "--url", server_->url()};
  }
  static std::string id_of(int number, int digits) {
    std::string text = std::to_string(number);
    return std::string(static_cast<std::size_t>(digits) - text.size(), '0') + text;
  }
  // A root with one child; a child alone, of a trace that runs, without `ends`.
  void send(int number, const std::string& name, bool ends = true) {
    const std::string trace = id_of(number, 32);
    json spans = json::array();
    const auto span = [&](int id, const std::string& span_name, const std::string& parent) {
      json one{{"trace_id", trace},
               {"span_id", id_of(number * 10 + id, 16)},
               {"name", span_name},
               {"span_type", "tool"},
               {"start_time", "2026-01-01T00:00:00.000000000Z"},
               {"end_time", "2026-01-01T00:00:01.500000000Z"}};
      if (!parent.empty()) one["parent_span_id"] = parent;
      spans.push_back(one);
    };
    span(2, name + " child", id_of(number * 10 + 1, 16));
    if (ends) span(1, name, "");
    const auto reply =
        ask(server_->port(), "POST", "/api/spans",
            {"X-API-Key: project-live", "Content-Type: application/json"}, json{{"spans", spans}}.dump());
    ASSERT_EQ(reply.status, 200) << reply.body;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<ServedProgram> server_;
};

// A trace is sent until it shows: nobody tells when the command has begun to listen.
TEST_F(Tail, shows_traces_as_trees_when_they_end) {
  serve("0");
  TerminalProgram tail{command(), {{"TERM", "xterm"}, {"NO_COLOR", ""}}};
  int number = 1;
  for (bool shown = false; !shown && number < 60; ++number) {
    send(number, "first");
    shown = tail.shows("first child", std::chrono::seconds{1});
  }
  EXPECT_NE(tail.shown().find("1.50 s"), std::string::npos) << tail.shown();
  EXPECT_NE(tail.shown().find("└─"), std::string::npos) << tail.shown();
  send(++number, "second");
  EXPECT_TRUE(tail.shows("second child")) << tail.shown();
  tail.type("\x03");
  EXPECT_EQ(tail.wait(), 128 + SIGINT);
}

TEST_F(Tail, goes_on_when_the_service_was_restarted) {
  const std::string port = serve_on_a_lasting_port();
  TerminalProgram tail{command(), {{"TERM", "xterm"}}};
  int number = 1;
  for (bool shown = false; !shown && number < 60; ++number) {
    send(number, "before");
    shown = tail.shows("before child", std::chrono::seconds{1});
  }
  server_->end(SIGKILL);
  serve(port);
  bool shown = false;
  for (; !shown && number < 120; ++number) {
    send(number, "after");
    shown = tail.shows("after child", std::chrono::seconds{1});
  }
  EXPECT_TRUE(shown) << tail.shown();
}

TEST_F(Tail, has_a_line_of_json_for_each_trace_and_no_colour_on_a_pipe) {
  serve("0");
  std::vector<std::string> as_json = command();
  as_json.emplace_back("--json");
  TerminalProgram tail{as_json};
  bool shown = false;
  for (int number = 1; !shown && number < 60; ++number) {
    send(number, "one");
    shown = tail.shows("\n", std::chrono::seconds{1});
  }
  ASSERT_TRUE(shown);
  const auto answer = json::parse(tail.shown().substr(0, tail.shown().find('\r')), nullptr, false);
  ASSERT_TRUE(answer.is_object()) << tail.shown();
  EXPECT_EQ(answer["trace"]["span_count"], 2);
}

TEST_F(Tail, says_at_once_that_there_is_no_service) {
  serve("0");
  const auto gone = command();
  server_->end();
  const ProgramRun run = run_program(gone);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.errors, "");
}

}  // namespace
}  // namespace llmtrace::testing_support
