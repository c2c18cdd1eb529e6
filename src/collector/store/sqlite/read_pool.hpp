// Connections for questions: each is lent to one thread at a time, and what it runs is cut off at the
// deadline.
#pragma once

#include "collector/store/query.hpp"
#include "collector/store/sqlite/database.hpp"
#include "collector/store/sqlite/place.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

namespace llmtrace::collector::sqlite {

// Decides for one row; what a question brings that SQL cannot say.
class RowTest {
 public:
  RowTest() = default;
  RowTest(const RowTest&) = delete;
  RowTest& operator=(const RowTest&) = delete;
  virtual ~RowTest() = default;
  [[nodiscard]] virtual bool matches(std::int64_t row) = 0;
};

// What a connection carries besides SQLite's handle, so that functions called from SQL find it.
struct Reader {
  explicit Reader(Database opened) : database{std::move(opened)} {}

  Database database;
  Deadline deadline;
  std::vector<std::unique_ptr<RowTest>> matchers;  // of the running question
};

class ReadPool {
 public:
  // `prepare` is called once for each connection.
  ReadPool(const Place& place, Turns& turns, int size, int cache_kib, void (*prepare)(Reader&) = nullptr);
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  class Lease {
   public:
    Lease(ReadPool& pool, Reader& reader, std::shared_lock<std::shared_mutex> turn)
        : pool_{pool}, reader_{reader}, turn_{std::move(turn)} {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_.give_back(reader_); }
    [[nodiscard]] Database& database() const noexcept { return reader_.database; }
    [[nodiscard]] Reader& reader() const noexcept { return reader_; }

   private:
    ReadPool& pool_;
    Reader& reader_;
    std::shared_lock<std::shared_mutex> turn_;
  };

  // Waits for a free connection until the deadline; then throws SqliteError as an interrupted query does.
  [[nodiscard]] Lease lend(Deadline deadline);

 private:
  Reader& take(Deadline deadline);
  void give_back(Reader& reader) noexcept;

  Turns& turns_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::vector<Reader*> free_;
};

}  // namespace llmtrace::collector::sqlite
