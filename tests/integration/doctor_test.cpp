// What `llmtrace doctor --db FILE` finds, and that it leaves the file as it is.
#include "integration/run_program.hpp"
#include "support/collector_fixture.hpp"
#include "support/served_program.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace llmtrace::testing_support {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class Doctor : public ::testing::Test {
 protected:
  // A database with enough in it that most of its pages are not read as it is opened.
  void make() const {
    const auto store = open_test_store(file_);
    collector::Batch batch;
    batch.project = "p";
    const auto text = std::make_shared<std::string>("\"" + std::string(3'000, 'x') + "\"");
    for (std::uint64_t number = 1; number <= 50; ++number) {
      collector::SpanUpdate& span = batch.spans.emplace_back();
      span.trace_id = {1, number};
      span.span_id = {number};
      span.input_data = *text;
    }
    batch.memory = text;
    ASSERT_EQ(store->apply(std::move(batch)).get().outcome, collector::WriteOutcome::committed);
  }
  [[nodiscard]] static ProgramRun look_at(const std::string& file) {
    return run_program({LLMTRACE_PROGRAM, "doctor", "--db", file});
  }
  void expect_problem(const std::string& message) const {
    const std::string before = contents(file_);
    const ProgramRun run = look_at(file_);
    EXPECT_EQ(run.exit_code, 1) << run.errors;
    EXPECT_THAT(run.output, ContainsRegex("bad  database .*" + message));
    EXPECT_TRUE(contents(file_) == before) << "it was changed";
  }

  TemporaryDirectory directory_;
  std::string file_ = directory_.file("traces.db");
};

TEST_F(Doctor, finds_nothing_wrong_with_a_whole_database) {
  make();
  const ProgramRun run = look_at(file_);
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, ContainsRegex("ok   database .*schema"));
}

TEST_F(Doctor, leaves_a_database_alone_that_a_service_works_with) {
  const auto in_use = open_test_store(file_);
  const ProgramRun run = look_at(file_);
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, ContainsRegex("note database"));
}

TEST_F(Doctor, does_not_make_a_database_that_is_missing) {
  const ProgramRun run = look_at(file_);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, ContainsRegex("bad  database .*does not exist"));
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Doctor, tells_a_file_that_is_no_database) {
  std::ofstream{file_} << std::string(9'000, 'x');
  expect_problem("");
}

TEST_F(Doctor, tells_a_database_that_lost_its_end) {
  make();
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) / 2);
  expect_problem("its end is missing");
}

TEST_F(Doctor, tells_a_database_with_broken_pages_and_what_to_do_about_it) {
  make();
  constexpr std::uintmax_t two_pages = 8'192;
  const std::uintmax_t size = std::filesystem::file_size(file_);
  std::fstream bytes{file_, std::ios::in | std::ios::out | std::ios::binary};
  for (std::uintmax_t at = size - two_pages; at > size / 2; at -= two_pages) {
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes << std::string(64, 'Z');
  }
  bytes.close();
  expect_problem("is damaged: ");
  EXPECT_THAT(look_at(file_).output, HasSubstr("keep a copy; export what can be read"));
}

// A file system of one megabyte for a program and what it starts. Not every container allows one.
class OnSmallDisk : public Doctor {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(place_);
    const ProgramRun run = run_program(command({"/bin/true"}));
    if (run.exit_code != 0) GTEST_SKIP() << "no file system may be mounted here: " << run.errors;
  }

  // The program runs in the new file system.
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& program) const {
    std::vector<std::string> all{"/usr/bin/unshare",
                                 "-rm",
                                 "/bin/sh",
                                 "-c",
                                 "mount -t tmpfs -o size=1m none \"$0\" && cd \"$0\" && exec \"$@\"",
                                 place_};
    all.insert(all.end(), program.begin(), program.end());
    return all;
  }

 private:
  std::string place_ = directory_.file("disk");
};

// It used to say "disk I/O error", as if something were wrong with the database.
TEST_F(OnSmallDisk, tells_that_there_is_no_room_to_open_a_database) {
  make();
  const ProgramRun run = run_program(command(
      {"/bin/sh", "-c", "cp \"$0\" traces.db; cat /dev/zero >filler; exec \"$1\" doctor --db traces.db",
       file_, LLMTRACE_PROGRAM}));
  EXPECT_EQ(run.exit_code, 1) << run.errors;
  EXPECT_THAT(run.output, ContainsRegex("bad  database .*the disk is full"));
  EXPECT_THAT(run.output, ContainsRegex("bad  disk .*0 bytes free"));
  EXPECT_THAT(run.output, HasSubstr("make room"));
}

// It used to find nothing wrong with a service that had no room for what it was sent.
TEST_F(OnSmallDisk, tells_a_service_without_room_for_as_long_as_there_is_none) {
  ServedProgram service{command({LLMTRACE_PROGRAM, "serve", "--port", "0", "--db", "traces.db"})};
  const auto examine = [&] {
    return run_program({LLMTRACE_PROGRAM, "doctor"},
                       {{"TRACER_URL", service.url()}, {"TRACER_API_KEY", "project-p"}});
  };
  const auto post_status = [&] {
    return ask(service.port(), "POST", "/api/spans",
               {"X-API-Key: project-p", "Content-Type: application/json"},
               R"({"spans":[{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331",)"
               R"("name":"s","start_time":"2026-01-01T00:00:00Z"}]})")
        .status;
  };
  const std::string filler = "/proc/" + std::to_string(service.id()) + "/cwd/filler";
  std::ofstream{filler, std::ios::binary} << std::string(2 << 20, 'x');
  ASSERT_EQ(post_status(), 503);
  const ProgramRun full = examine();
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.output, ContainsRegex("bad  store .*the disk is full"));
  std::filesystem::remove(filler);
  ASSERT_EQ(post_status(), 200);
  EXPECT_THAT(examine().output, ContainsRegex("ok   store "));
}

}  // namespace
}  // namespace llmtrace::testing_support
