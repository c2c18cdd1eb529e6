#include "collector/store/sqlite/schema.hpp"
#include "support/store_items.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace llmtrace::testing_store {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

void put(const std::string& file, const std::string& bytes) {
  std::ofstream{file, std::ios::binary} << bytes;
}

mode_t mode_of(const std::string& path) {
  struct stat found {};
  EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777;
}

void run_sql(const std::string& file, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

class StoreFile : public ::testing::Test {
 protected:
  // A store with a trace in it.
  void make() {
    auto store = open_store(in_file(file_));
    Items items;
    for (std::uint64_t i = 1; i <= 50; ++i)
      items.span(i, i).input_data = items.keep("\"" + std::string(2000, 'x') + "\"");
    ASSERT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
  }

  // It is refused for that reason, says so, and is left as it was.
  void expect_refused(OpenFailure failure, const std::string& message) {
    const std::string before = fs::is_regular_file(file_) ? testing_support::contents(file_) : "";
    const auto opened = open_sqlite_store(in_file(file_));
    const auto* error = std::get_if<OpenError>(&opened);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->failure, failure) << error->message;
    EXPECT_THAT(error->message, HasSubstr(message));
    EXPECT_THAT(error->message, HasSubstr(file_));
    if (fs::is_regular_file(file_)) {
      EXPECT_EQ(testing_support::contents(file_), before);
    }
  }

  TemporaryDirectory directory_;
  std::string file_ = directory_.file("traces.db");
};

TEST_F(StoreFile, is_readable_by_nobody_else) {
  file_ = directory_.file("made/for/it/traces.db");
  const mode_t before = umask(0);
  auto store = open_store(in_file(file_));
  Items items;
  items.trace(1).name = "x";
  store_items(*store, items);
  umask(before);
  for (const char* suffix : {"", "-wal", "-shm", "-lock", "-text", "-text-wal"})
    EXPECT_EQ(mode_of(file_ + suffix), 0600U) << suffix;
  EXPECT_EQ(mode_of(directory_.file("made/for/it")), 0700U);
  EXPECT_EQ(mode_of(directory_.file("made")), 0700U);
}

TEST_F(StoreFile, is_closed_to_others_when_it_was_open_to_them) {
  make();
  chmod(file_.c_str(), 0664);
  ASSERT_NE(open_store(in_file(file_)), nullptr);
  EXPECT_EQ(mode_of(file_), 0600U);
}

TEST_F(StoreFile, of_another_kind_is_refused) {
  put(file_, "this is not a database, but somebody's letter, and longer than the header of one: " +
                 std::string(100, '.'));
  expect_refused(OpenFailure::not_a_store, "not a database of llmtrace");
  put(file_, "short");
  expect_refused(OpenFailure::not_a_store, "not a database of llmtrace");
}

TEST_F(StoreFile, of_another_program_is_refused) {
  run_sql(file_, "CREATE TABLE bookmarks(url TEXT); INSERT INTO bookmarks VALUES('x')");
  expect_refused(OpenFailure::not_a_store, "another program");
}

TEST_F(StoreFile, of_a_later_version_is_refused) {
  make();
  run_sql(file_, "PRAGMA journal_mode=DELETE; PRAGMA user_version=99");
  expect_refused(OpenFailure::newer_schema, "later version");
}

TEST_F(StoreFile, that_lost_its_end_is_refused) {
  make();
  fs::resize_file(file_, fs::file_size(file_) / 2);
  expect_refused(OpenFailure::damaged, "damaged");
}

TEST_F(StoreFile, with_a_broken_schema_is_refused) {
  make();
  std::fstream bytes{file_, std::ios::in | std::ios::out | std::ios::binary};
  bytes.seekp(100);
  for (int i = 0; i < 8000; ++i) bytes.put('\x5A');
  bytes.close();
  expect_refused(OpenFailure::damaged, "damaged");
}

// Pages that the start does not read are found by the check in the background.
TEST_F(StoreFile, with_a_broken_page_is_reported) {
  make();
  const auto size = fs::file_size(file_);
  std::fstream bytes{file_, std::ios::in | std::ios::out | std::ios::binary};
  for (auto at = size - 8192; at > size / 2; at -= 8192) {
    bytes.seekp(static_cast<std::streamoff>(at));
    for (int i = 0; i < 64; ++i) bytes.put('\x5A');
  }
  bytes.close();
  auto store = open_store(in_file(file_));
  ASSERT_NE(store, nullptr);
  const auto deadline = soon();
  while ((store->status().check == FileCheck::pending || store->status().check == FileCheck::running) &&
         std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(store->status().check, FileCheck::damaged);
  EXPECT_FALSE(store->status().problem.empty());
}

TEST_F(StoreFile, that_is_whole_passes_the_check) {
  make();
  auto store = open_store(in_file(file_));
  const auto deadline = soon();
  while (store->status().check != FileCheck::ok && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(store->status().check, FileCheck::ok) << store->status().check_report;
  EXPECT_TRUE(store->status().ready);
}

TEST_F(StoreFile, that_is_a_link_is_refused) {
  make();
  const std::string target = file_;
  file_ = directory_.file("link.db");
  fs::create_symlink(target, file_);
  expect_refused(OpenFailure::permissions, "symbolic link");
  fs::remove(file_);
  fs::create_symlink(directory_.file("nowhere"), file_);
  expect_refused(OpenFailure::permissions, "symbolic link");
  EXPECT_FALSE(fs::exists(directory_.file("nowhere")));
}

TEST_F(StoreFile, whose_log_is_a_link_is_refused) {
  make();
  fs::create_symlink(directory_.file("elsewhere"), file_ + "-wal");
  const auto opened = open_sqlite_store(in_file(file_));
  ASSERT_TRUE(std::holds_alternative<OpenError>(opened));
  EXPECT_EQ(std::get<OpenError>(opened).failure, OpenFailure::permissions);
}

TEST_F(StoreFile, that_is_no_file_is_refused) {
  fs::create_directory(file_);
  expect_refused(OpenFailure::permissions, "not a plain file");
}

TEST_F(StoreFile, that_cannot_be_written_is_refused) {
  make();
  chmod(file_.c_str(), 0400);
  expect_refused(OpenFailure::permissions, "writable");
}

TEST_F(StoreFile, below_a_file_is_refused) {
  put(directory_.file("file"), "x");
  const auto opened = open_sqlite_store(in_file(directory_.file("file") + "/traces.db"));
  ASSERT_TRUE(std::holds_alternative<OpenError>(opened));
  EXPECT_EQ(std::get<OpenError>(opened).failure, OpenFailure::permissions);
}

TEST_F(StoreFile, is_open_once) {
  auto store = open_store(in_file(file_));
  const auto opened = open_sqlite_store(in_file(file_));
  ASSERT_TRUE(std::holds_alternative<OpenError>(opened));
  EXPECT_EQ(std::get<OpenError>(opened).failure, OpenFailure::in_use);
  // The first is not disturbed by the attempt.
  Items items;
  items.trace(1).name = "x";
  EXPECT_EQ(store_items(*store, items).outcome, WriteOutcome::committed);
}

TEST_F(StoreFile, in_memory_leaves_nothing_behind) {
  const auto before = fs::current_path();
  fs::current_path(directory_.path());
  {
    SqliteOptions options = in_memory();
    options.file = "never-made.db";
    auto store = open_store(options);
    Items items;
    items.span(1, 1).input_data = "\"x\"";
    store_items(*store, items);
    EXPECT_EQ(store->status().location, ":memory:");
  }
  fs::current_path(before);
  EXPECT_TRUE(fs::is_empty(directory_.path()));
}

using sqlite::Database;
using sqlite::Migration;
using sqlite::OpenMode;

TEST_F(StoreFile, is_brought_up_to_date_step_by_step) {
  std::vector<Migration> migrations{
      {1, [](Database& database) { database.execute("CREATE TABLE t(a)"); }},
      {2,
       [](Database& database) {
         database.execute("ALTER TABLE t ADD COLUMN b DEFAULT 7; UPDATE t SET a=a+1");
       }},
      {3, [](Database& database) { database.execute("CREATE INDEX t_b ON t(b)"); }}};
  Database database = Database::open(file_, OpenMode::create);
  migrate(database, 42, {migrations.begin(), migrations.begin() + 1});
  database.execute("INSERT INTO t VALUES(1)");
  EXPECT_EQ(database.integer("PRAGMA user_version"), 1);
  migrate(database, 42, migrations);
  migrate(database, 42, migrations);
  EXPECT_EQ(database.integer("PRAGMA user_version"), 3);
  EXPECT_EQ(database.integer("PRAGMA application_id"), 42);
  EXPECT_EQ(database.integer("SELECT a*10+b FROM t"), 27);
}

TEST_F(StoreFile, stays_at_the_last_whole_step_when_one_fails) {
  const std::vector<Migration> migrations{
      {1, [](Database& database) { database.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)"); }},
      {2, [](Database& database) { database.execute("UPDATE t SET a=2; SELECT * FROM nowhere"); }}};
  Database database = Database::open(file_, OpenMode::create);
  EXPECT_THROW(migrate(database, 42, migrations), sqlite::SqliteError);
  EXPECT_EQ(database.integer("PRAGMA user_version"), 1);
  EXPECT_EQ(database.integer("SELECT a FROM t"), 1);
}

// What has been released is opened for ever: the fixture is a database as version 1 has written it.
TEST_F(StoreFile, of_version_1_is_opened) {
  std::ifstream sql{LLMTRACE_TREE "/tests/unit/data/store_version_1.sql"};
  const std::string text{std::istreambuf_iterator<char>{sql}, {}};
  ASSERT_FALSE(text.empty());
  run_sql(file_, text);
  SqliteOptions options = in_file(file_);
  options.retention_days = 0;
  auto store = open_store(options);
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->status().schema_version, sqlite::latest_version(sqlite::store_migrations()));
  const auto trace = store->trace("demo", trace_id(1), soon());
  ASSERT_TRUE(trace) << trace.error;
  EXPECT_EQ(trace.value.name, "chat-request");
  EXPECT_EQ(trace.value.totals.tokens_input, 120);
  EXPECT_THAT(*trace.value.tags, ::testing::ElementsAre("prod", "eu"));
  const auto spans = spans_of(*store, 1);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].input_data, R"({"question":"Where is my parcel?"})");
  Filter filter;
  filter.node = FullTextCondition{"parcel", false};
  EXPECT_EQ(store->traces({.project = "demo", .filter = filter}, soon()).value.traces.size(), 1U);
}

}  // namespace
}  // namespace llmtrace::testing_store
