// SQLite's C handles as values: connections, statements, transactions. Inside the engine a failure is thrown
// as SqliteError and becomes an outcome at its borders. A connection and its statements belong to one thread
// at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace llmtrace::collector::sqlite {

class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& what) : std::runtime_error{what}, code_{code} {}

  [[nodiscard]] int code() const noexcept { return code_; }
  [[nodiscard]] bool interrupted() const noexcept;
  [[nodiscard]] bool disk_full() const noexcept;
  [[nodiscard]] bool damaged() const noexcept;  // also: not a database at all
  [[nodiscard]] bool not_writable() const noexcept;

 private:
  int code_;
};

struct CloseDatabase {
  void operator()(sqlite3* handle) const noexcept;
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* handle) const noexcept;
};

class Database;

// Parameters count from 1, columns from 0. Text and blobs are bound without a copy and must live until the
// reset; what a column returns lives until the next step or reset.
class Statement {
 public:
  Statement() = default;
  Statement(Database& database, std::string_view sql);

  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, const char* text) { return bind(index, std::string_view{text}); }
  Statement& bind(int index, const std::string& text) { return bind(index, std::string_view{text}); }
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind_blob_copy(int index, std::string_view bytes);
  Statement& bind_null(int index);
  template <class T>
  Statement& bind(int index, const std::optional<T>& value) {
    return value ? bind(index, *value) : bind_null(index);
  }

  // True: there is a row.
  bool step();
  // For statements without rows: steps once and resets.
  void run();
  void reset() noexcept;

  [[nodiscard]] bool is_null(int column) const noexcept;
  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] std::string_view text(int column) const noexcept;
  [[nodiscard]] std::string_view blob(int column) const noexcept;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const noexcept;
  [[nodiscard]] std::optional<std::string> optional_text(int column) const;

 private:
  void check(int code) const;

  std::unique_ptr<sqlite3_stmt, FinalizeStatement> handle_;
};

// Resets when it goes, so that no read transaction stays open and no view dangles.
class StatementUse {
 public:
  explicit StatementUse(Statement& statement) noexcept : statement_{statement} {}
  StatementUse(const StatementUse&) = delete;
  StatementUse& operator=(const StatementUse&) = delete;
  ~StatementUse() { statement_.reset(); }
  Statement* operator->() const noexcept { return &statement_; }

 private:
  Statement& statement_;
};

enum class OpenMode : std::uint8_t { read, write, create };

class Database {
 public:
  // `name` is a path, or the URI of a database in memory.
  static Database open(const std::string& name, OpenMode mode);

  void execute(const std::string& sql);
  [[nodiscard]] std::int64_t integer(std::string_view sql);
  [[nodiscard]] std::string text(std::string_view sql);
  [[nodiscard]] std::int64_t changes() const noexcept;
  [[nodiscard]] std::int64_t last_rowid() const noexcept;
  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }
  // Aborts what runs on another thread.
  void interrupt() const noexcept;

 private:
  explicit Database(sqlite3* handle) noexcept : handle_{handle} {}

  std::unique_ptr<sqlite3, CloseDatabase> handle_;
};

// Rolled back unless committed.
class Transaction {
 public:
  // Writing ones take the lock at once.
  enum class Kind : std::uint8_t { read, write };
  Transaction(Database& database, Kind kind);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace llmtrace::collector::sqlite
