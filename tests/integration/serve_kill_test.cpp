// A client goes on sending while the server is killed again and again: what was acknowledged is there, once.
#include "integration/run_program.hpp"
#include "support/raw_client.hpp"
#include "support/served_program.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <condition_variable>
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

// Where the server is at the moment, and how much has been acknowledged. Whoever waits for one of them
// sleeps.
class Meeting {
 public:
  void move_to(std::uint16_t port) {
    const std::lock_guard lock{mutex_};
    port_ = port;
    ++moves_;
    changed_.notify_all();
  }
  void finish() {
    const std::lock_guard lock{mutex_};
    finished_ = true;
    changed_.notify_all();
  }
  void count_one() {
    const std::lock_guard lock{mutex_};
    ++acknowledged_;
    changed_.notify_all();
  }
  void wait_for_more(std::uint64_t more) {
    std::unique_lock lock{mutex_};
    const std::uint64_t enough = acknowledged_ + more;
    changed_.wait(lock, [&] { return acknowledged_ >= enough; });
  }
  // Where it has moved to since; 0 when all is over. The system may give the same port again.
  [[nodiscard]] std::uint16_t port_after(std::uint64_t& moves) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return finished_ || moves_ != moves; });
    moves = moves_;
    return finished_ ? std::uint16_t{0} : port_;
  }
  [[nodiscard]] bool finished() {
    const std::lock_guard lock{mutex_};
    return finished_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint16_t port_ = 0;
  std::uint64_t moves_ = 0;
  std::uint64_t acknowledged_ = 0;
  bool finished_ = false;
};

// Sends numbered batches, each until it is acknowledged, to wherever the server is.
class Sender {
 public:
  explicit Sender(std::uint64_t first) : number_{first} {}

  void run(Meeting& meeting) {
    std::uint64_t moves = 0;
    while (const std::uint16_t port = meeting.port_after(moves)) {
      RawClient client{port};
      while (!meeting.finished() && send(client)) {
        acknowledged_.insert(number_++);
        meeting.count_one();
      }
      if (meeting.finished()) return;
    }
  }

  [[nodiscard]] const std::set<std::uint64_t>& acknowledged() const noexcept { return acknowledged_; }

 private:
  bool send(RawClient& client) const {
    const HeaderLines headers{"X-API-Key: project-p", "Content-Type: application/json"};
    if (!client.connected() || !client.send(request_text("POST", "/api/spans", headers, body())))
      return false;
    const RawReply reply = client.read_reply();
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
  Meeting meeting;
  Sender first{1};
  Sender second{1'000'000'000};
  auto server = std::make_unique<ServedProgram>(command());
  meeting.move_to(server->port());
  // Joined by their destructors, whatever happens between.
  std::jthread one{[&] { first.run(meeting); }};
  std::jthread two{[&] { second.run(meeting); }};
  struct Finish {
    Meeting& meeting;
    ~Finish() { meeting.finish(); }
  } finish{meeting};

  std::mt19937 random{7};
  for (int round = 0; round < rounds(); ++round) {
    // A different moment each time: after some work, in the middle of other work.
    meeting.wait_for_more(std::uniform_int_distribution<std::uint64_t>{1, 20}(random));
    EXPECT_EQ(server->end(SIGKILL), 128 + SIGKILL);
    server = std::make_unique<ServedProgram>(command());
    meeting.move_to(server->port());
  }
  meeting.finish();
  one.join();
  two.join();
  ASSERT_GE(first.acknowledged().size() + second.acknowledged().size(), static_cast<std::size_t>(rounds()));
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
  EXPECT_EQ(mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
            std::filesystem::perms::none);
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
  const std::vector<std::vector<std::string>> calls{{"--port", "70000"},
                                                    {"--port"},
                                                    {"--nonsense"},
                                                    {"--memory", "--db", "x"},
                                                    {"--retention-days", "-1"},
                                                    {"--max-bytes", "many"},
                                                    {"extra"}};
  for (auto arguments : calls) {
    arguments.insert(arguments.begin(), {LLMTRACE_PROGRAM, "serve"});
    EXPECT_EQ(run_program(arguments).exit_code, 2);
  }
  const ProgramRun open =
      run_program({LLMTRACE_PROGRAM, "serve", "--memory", "--port", "0", "--host", "0.0.0.0"});
  EXPECT_EQ(open.exit_code, 1);
  EXPECT_NE(open.errors.find("--keys"), std::string::npos);
}

}  // namespace
}  // namespace llmtrace::testing_support
