#include "export/file_sink.hpp"

#include "support/record_builder.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <vector>

namespace llmtrace::exporting {
namespace {

using core::Tag;
using nlohmann::json;
using testing_support::contents;
using testing_support::RecordBuilder;
using testing_support::TemporaryDirectory;

class FileSinkTest : public testing::Test {
 protected:
  FileSink make(const std::string& path, std::uint64_t largest = 1u << 20, BatchLimits limits = {}) {
    return FileSink{path, largest, NativeEncoder{{"shop", {}, {}, {}, &clock_}}, limits,
                    [this](Warning, std::string_view text) { warnings_.emplace_back(text); }};
  }
  void add(FileSink& sink, const std::string& name) {
    RecordBuilder record{name};
    EXPECT_TRUE(sink.add_span(record.view()));
  }
  void write(FileSink& sink, const std::string& name) {
    add(sink, name);
    sink.send({});
  }
  static std::vector<json> lines(const std::string& path) {
    std::istringstream in{contents(path)};
    std::vector<json> out;
    for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
    return out;
  }

  TemporaryDirectory directory_;
  core::ClockMap clock_{{}, 1.0, false};
  std::vector<std::string> warnings_;
};

TEST_F(FileSinkTest, writes_one_object_a_line) {
  const std::string path = directory_.file("spans.jsonl");
  FileSink sink = make(path);
  RecordBuilder root{"chat"};
  root.trace_root().value(Tag::input, {}, Json{"{\n\"a\":\r\n \"b\\n\"}"});
  add(sink, "first");
  EXPECT_TRUE(sink.add_span(root.view()));
  EXPECT_TRUE(sink.add_trace({root.view(), TraceState::ended, {}}));
  EXPECT_TRUE(sink.has_batch());
  sink.send({});
  EXPECT_FALSE(sink.has_batch());

  const auto written = lines(path);
  ASSERT_EQ(written.size(), 3U);
  EXPECT_EQ(written[0]["span"]["name"], "first");
  EXPECT_EQ(written[1]["span"]["input_data"], (json{{"a", "b\n"}}));
  EXPECT_EQ(written[2]["trace"]["name"], "chat");
  const SinkTally tally = sink.take_settled();
  EXPECT_EQ(tally.acknowledged, 2U);
  EXPECT_EQ(tally.headers_sent, 1U);
  EXPECT_EQ(sink.take_settled().acknowledged, 0U);

  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(FileSinkTest, appends_to_what_is_there) {
  const std::string path = directory_.file("spans.jsonl");
  for (int i = 0; i < 3; ++i) {
    FileSink sink = make(path);
    write(sink, "again");
  }
  EXPECT_EQ(lines(path).size(), 3U);
}

TEST_F(FileSinkTest, rotates_by_size_and_keeps_five) {
  const std::string path = directory_.file("spans.jsonl");
  FileSink sink = make(path, 600);
  for (int i = 0; i < 24; ++i) write(sink, "span" + std::to_string(i));
  EXPECT_EQ(lines(path).back()["span"]["name"], "span23");
  std::size_t kept = lines(path).size();
  for (int i = 1; i <= 5; ++i) {
    const std::string rotated = path + "." + std::to_string(i);
    EXPECT_LE(contents(rotated).size(), 600U);
    kept += lines(rotated).size();
  }
  EXPECT_FALSE(std::filesystem::exists(path + ".6"));
  EXPECT_EQ(kept, 12U) << "two to a file";
  EXPECT_EQ(sink.take_settled().acknowledged, 24U);
}

TEST_F(FileSinkTest, writes_a_batch_that_is_larger_than_a_file_may_be) {
  const std::string path = directory_.file("spans.jsonl");
  FileSink sink = make(path, 10);
  write(sink, "large");
  write(sink, "large too");
  EXPECT_EQ(lines(path).size(), 1U);
  EXPECT_EQ(lines(path + ".1").size(), 1U);
}

TEST_F(FileSinkTest, goes_on_when_the_directory_comes_back) {
  const auto folder = directory_.path() / "later";
  const std::string path = (folder / "spans.jsonl").string();
  FileSink sink = make(path);
  write(sink, "lost");
  write(sink, "lost too");
  EXPECT_EQ(warnings_.size(), 1U) << "warned once";
  EXPECT_NE(warnings_.at(0).find(path), std::string::npos);
  std::filesystem::create_directory(folder);
  write(sink, "kept");
  EXPECT_EQ(lines(path).at(0)["span"]["name"], "kept");
  std::filesystem::remove_all(folder);
  write(sink, "lost again");
  EXPECT_EQ(warnings_.size(), 2U);
  const SinkTally tally = sink.take_settled();
  EXPECT_EQ(tally.rejected, 3U);
  EXPECT_EQ(tally.acknowledged, 1U);
}

TEST_F(FileSinkTest, refuses_links_and_pipes) {
  const std::string target = directory_.file("target");
  const std::string link = directory_.file("link");
  std::filesystem::create_symlink(target, link);
  const std::string pipe = directory_.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {link, pipe, directory_.path().string()}) {
    FileSink sink = make(path);
    write(sink, "lost");
    EXPECT_EQ(sink.take_settled().rejected, 1U) << path;
  }
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(FileSinkTest, takes_back_a_line_that_was_written_in_part) {
  const std::string path = directory_.file("spans.jsonl");
  FileSink sink = make(path);
  write(sink, "whole");
  const auto size = std::filesystem::file_size(path);

  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGXFSZ);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{size + 10, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  write(sink, "torn");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  const timespec at_once{};
  sigtimedwait(&blocked, nullptr, &at_once);
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);

  EXPECT_EQ(std::filesystem::file_size(path), size);
  write(sink, "after");
  EXPECT_EQ(lines(path).back()["span"]["name"], "after");
  EXPECT_EQ(sink.take_settled().rejected, 1U);
}

TEST_F(FileSinkTest, says_when_a_batch_is_full) {
  FileSink by_count = make(directory_.file("a"), 1u << 20, {2, 1u << 20});
  add(by_count, "1");
  add(by_count, "2");
  RecordBuilder third{"3"};
  EXPECT_FALSE(by_count.add_span(third.view()));
  by_count.send({});
  EXPECT_TRUE(by_count.add_span(third.view()));

  FileSink by_size = make(directory_.file("b"), 1u << 20, {100, 400});
  RecordBuilder huge{std::string(1000, 'x')};
  EXPECT_TRUE(by_size.add_span(huge.view())) << "an empty batch takes anything";
  EXPECT_FALSE(by_size.add_span(third.view()));
  by_size.abandon();
  EXPECT_EQ(by_size.take_settled().shutdown, 1U);
  EXPECT_FALSE(by_size.has_batch());
}

}  // namespace
}  // namespace llmtrace::exporting
