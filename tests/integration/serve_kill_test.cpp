// A client goes on sending while the server is killed again and again: what was acknowledged is there, once.
#include "integration/run_program.hpp"
#include "support/raw_client.hpp"
#include "support/served_program.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <thread>

namespace llmtrace::testing_support {
namespace {

constexpr int spans_of_a_batch = 20;

std::string hex(std::uint64_t number, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(number));
  return text;
}

// Sends numbered batches, each until it is acknowledged, to whatever port the server has at the moment.
class Sender {
 public:
  explicit Sender(std::uint64_t first) : number_{first} {}

  void run(const std::atomic<std::uint16_t>& port, const std::atomic<bool>& done) {
    while (!done)
      if (send(port)) {
        acknowledged_.insert(number_);
        ++number_;
      }
  }

  [[nodiscard]] const std::set<std::uint64_t>& acknowledged() const noexcept { return acknowledged_; }

 private:
  bool send(std::uint16_t port) {
    if (port != port_ || !client_) {
      client_ = std::make_unique<RawClient>(port);
      port_ = port;
    }
    const bool sent = client_->connected() &&
                      client_->send(request_text("POST", "/api/spans",
                                                 {"X-API-Key: project-p", "Content-Type: application/json"}, body()));
    const RawReply reply = sent ? client_->read_reply() : RawReply{};
    if (reply.status == 0) client_.reset();
    return reply.status == 200 && nlohmann::json::parse(reply.body)["accepted"] == spans_of_a_batch;
  }

  [[nodiscard]] std::string body() const {
    std::string text = "{\"spans\":[";
    for (int i = 0; i < spans_of_a_batch; ++i) {
      text += i == 0 ? "" : ",";
      text += R"({"trace_id":")" + hex(number_, 32) + R"(","span_id":")" +
              hex(number_ * spans_of_a_batch + static_cast<std::uint64_t>(i) + 1, 16) +
              R"(","name":"n","tokens_input":1,"start_time":"2026-01-01T00:00:00Z"})";
    }
    return text + "]}";
  }

  std::uint64_t number_;
  std::set<std::uint64_t> acknowledged_;
  std::unique_ptr<RawClient> client_;
  std::uint16_t port_ = 0;
};

class ServeKill : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> command() const {
    return {LLMTRACE_PROGRAM, "serve", "--port", "0", "--retention-days", "0", "--db", database()};
  }
  [[nodiscard]] std::string database() const { return directory_.file("data/traces.db"); }
  static int rounds() { return std::getenv("LLMTRACE_LONG") != nullptr ? 1'000 : 8; }

  TemporaryDirectory directory_;
};

void expect_batch(std::uint16_t port, std::uint64_t number) {
  const RawReply reply = ask(port, "GET", "/api/traces/" + hex(number, 32), {"X-API-Key: project-p"});
  ASSERT_EQ(reply.status, 200) << "batch " << number << " was acknowledged and is lost";
  const auto answer = nlohmann::json::parse(reply.body);
  EXPECT_EQ(answer["span_count"], spans_of_a_batch);
  EXPECT_EQ(answer["trace"]["span_count"], spans_of_a_batch);
}

TEST_F(ServeKill, loses_nothing_that_was_acknowledged) {
  std::atomic<std::uint16_t> port{0};
  std::atomic<bool> done{false};
  Sender first{1};
  Sender second{1'000'000'000};
  auto server = std::make_unique<ServedProgram>(command());
  port = server->port();
  std::thread one{[&] { first.run(port, done); }};
  std::thread two{[&] { second.run(port, done); }};
  std::mt19937 random{7};
  for (int round = 0; round < rounds(); ++round) {
    // A different moment each time; what is waited for is an amount of work.
    const std::uint64_t work = std::uniform_int_distribution<std::uint64_t>{0, 30}(random);
    for (std::uint64_t i = 0; i < work; ++i) static_cast<void>(ask(server->port(), "GET", "/healthz"));
    EXPECT_EQ(server->end(SIGKILL), 128 + SIGKILL);
    server = std::make_unique<ServedProgram>(command());
    port = server->port();
  }
  for (int i = 0; i < 20; ++i) static_cast<void>(ask(server->port(), "GET", "/healthz"));
  done = true;
  one.join();
  two.join();
  ASSERT_GT(first.acknowledged().size() + second.acknowledged().size(), 2u);
  for (const Sender* sender : {&first, &second})
    for (const std::uint64_t number : sender->acknowledged()) expect_batch(server->port(), number);
  EXPECT_EQ(server->end(), 0);
  const ProgramRun check = run_program({LLMTRACE_PROGRAM, "doctor", "--db", database()});
  EXPECT_EQ(check.exit_code, 0) << check.output << check.errors;
}

TEST_F(ServeKill, stops_cleanly_and_leaves_its_files_to_their_owner) {
  ServedProgram server{command()};
  EXPECT_EQ(server.end(SIGINT), 0);
  const auto mode = std::filesystem::status(database()).permissions();
  EXPECT_EQ(mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all), std::filesystem::perms::none);
  EXPECT_NE(server.greeting().find(database()), std::string::npos);
}

TEST_F(ServeKill, refuses_a_file_that_is_not_its_own_and_leaves_it_alone) {
  const std::string file = directory_.file("notes.txt");
  const std::string text = "a user's notes, by no means a database\n";
  std::ofstream{file} << text;
  const ProgramRun run = run_program({LLMTRACE_PROGRAM, "serve", "--port", "0", "--db", file});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.errors.find(file), std::string::npos) << run.errors;
  EXPECT_EQ(contents(file), text);
}

TEST_F(ServeKill, refuses_calls_that_make_no_sense) {
  const std::vector<std::vector<std::string>> calls{{"--port", "70000"}, {"--port"}, {"--nonsense"}, {"--memory", "--db", "x"},
                                                    {"--retention-days", "-1"}, {"--max-bytes", "many"}, {"extra"}};
  for (auto arguments : calls) {
    arguments.insert(arguments.begin(), {LLMTRACE_PROGRAM, "serve"});
    EXPECT_EQ(run_program(arguments).exit_code, 2);
  }
  const ProgramRun open = run_program({LLMTRACE_PROGRAM, "serve", "--memory", "--port", "0", "--host", "0.0.0.0"});
  EXPECT_EQ(open.exit_code, 1);
  EXPECT_NE(open.errors.find("--keys"), std::string::npos);
}

}  // namespace
}  // namespace llmtrace::testing_support
