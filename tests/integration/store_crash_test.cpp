// Kills a process that writes to a store, again and again: what it had acknowledged is there, once, and the
// file is whole.
#include "support/store_items.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace llmtrace::testing_store {
namespace {

// The last number that the writer has acknowledged, after it has said so `lines` times and was killed.
std::uint64_t write_and_kill(const std::string& file, std::uint64_t first, int lines) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error{"pipe"};
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execl(LLMTRACE_CRASH_WRITER, LLMTRACE_CRASH_WRITER, file.c_str(), std::to_string(first).c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  FILE* said = fdopen(ends[0], "r");
  unsigned long long from = 0;
  unsigned long long to = 0;
  unsigned long long last = 0;
  for (int i = 0; std::fscanf(said, "%llu %llu", &from, &to) == 2; ++i) {
    last = to;
    if (i >= lines) kill(child, SIGKILL);  // what was said before it died still counts
  }
  std::fclose(said);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
  return last;
}

std::string integrity(const std::string& file) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  std::string result;
  const auto note = [](void* to, int, char** values, char**) {
    *static_cast<std::string*>(to) += values[0];
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(database, "PRAGMA integrity_check", note, &result, nullptr), SQLITE_OK);
  sqlite3_close(database);
  return result;
}

TEST(StoreCrash, loses_nothing_that_was_acknowledged) {
  const int rounds = std::getenv("LLMTRACE_LONG") != nullptr ? 200 : 8;
  const TemporaryDirectory directory;
  const std::string file = directory.file("traces.db");
  std::mt19937 random{1};
  std::uint64_t next = 1;
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t last = write_and_kill(file, next, static_cast<int>(random() % 60));
    ASSERT_GE(last, next);
    auto store = open_store(in_file(file));
    ASSERT_NE(store, nullptr);
    std::uint64_t stored = 0;
    for (std::uint64_t trace = 1; trace <= last / 10 + 1; ++trace) {
      const auto spans = spans_of(*store, trace, SpanDetail::light);
      stored += spans.size();
      if (trace * 10 > last) continue;
      ASSERT_EQ(spans.size(), trace == 1 ? 9U : 10U) << "trace " << trace << " in round " << round;
    }
    ASSERT_GE(stored, last);
    // The sums were committed together with what they sum.
    const auto totals = store->totals("demo", soon()).value;
    ASSERT_EQ(totals.spans, totals.tokens_input);
    const auto series = store->series(
        {.project = "demo", .group = SeriesGroup::model, .from = new_year, .to = new_year + hour}, soon());
    ASSERT_EQ(series.value.lines.at(0).total.count, totals.spans);
    next = static_cast<std::uint64_t>(totals.spans) + 1;
  }
  EXPECT_EQ(integrity(file), "ok");
}

}  // namespace
}  // namespace llmtrace::testing_store
