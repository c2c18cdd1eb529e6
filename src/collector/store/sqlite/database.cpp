#include "collector/store/sqlite/database.hpp"

#include <sqlite3.h>

namespace llmtrace::collector::sqlite {
namespace {

// A connection is used by one thread at a time, and nobody reads SQLite's own memory statistics: both
// together save a sixth of the time of an insert.
void configure_once() {
  static const bool configured = [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    return sqlite3_initialize() == SQLITE_OK;
  }();
  static_cast<void>(configured);
}

int open_flags(OpenMode mode) noexcept {
  constexpr int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case OpenMode::read: return common | SQLITE_OPEN_READONLY;
    case OpenMode::write: return common | SQLITE_OPEN_READWRITE;
    case OpenMode::create: return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return common;
}

constexpr int primary(int code) noexcept { return code & 0xFF; }

}  // namespace

bool SqliteError::interrupted() const noexcept { return primary(code_) == SQLITE_INTERRUPT; }
bool SqliteError::disk_full() const noexcept {
  // The index of the log could not grow, which SQLite calls an error of the disk.
  return primary(code_) == SQLITE_FULL || code_ == SQLITE_IOERR_SHMSIZE;
}
bool SqliteError::damaged() const noexcept {
  return primary(code_) == SQLITE_CORRUPT || primary(code_) == SQLITE_NOTADB;
}
bool SqliteError::not_writable() const noexcept {
  const int code = primary(code_);
  return code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_PERM || code == SQLITE_AUTH;
}

void CloseDatabase::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
void FinalizeStatement::operator()(sqlite3_stmt* handle) const noexcept { sqlite3_finalize(handle); }

Statement::Statement(Database& database, std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK)
    throw SqliteError{code, std::string{sqlite3_errmsg(database.handle())} + " in: " + std::string{sql}};
}

Statement& Statement::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(handle_.get(), index, value));
  return *this;
}

// An empty view may hold a null pointer, which SQLite would take for NULL.
Statement& Statement::bind(int index, std::string_view text) {
  check(sqlite3_bind_text64(handle_.get(), index, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  check(sqlite3_bind_blob64(handle_.get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                            SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_blob_copy(int index, std::string_view bytes) {
  check(sqlite3_bind_blob64(handle_.get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                            SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_null(int index) {
  check(sqlite3_bind_null(handle_.get(), index));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const SqliteError error{code, sqlite3_errmsg(sqlite3_db_handle(handle_.get()))};
  reset();
  throw error;
}

void Statement::run() {
  step();
  reset();
}

void Statement::reset() noexcept { sqlite3_reset(handle_.get()); }

bool Statement::is_null(int column) const noexcept {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const noexcept {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view Statement::text(int column) const noexcept {
  const auto* bytes = sqlite3_column_text(handle_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return {reinterpret_cast<const char*>(bytes), bytes == nullptr ? 0 : size};
}

std::string_view Statement::blob(int column) const noexcept {
  const void* bytes = sqlite3_column_blob(handle_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return {static_cast<const char*>(bytes), bytes == nullptr ? 0 : size};
}

std::optional<std::int64_t> Statement::optional_integer(int column) const noexcept {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string> Statement::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return std::string{text(column)};
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) throw SqliteError{code, sqlite3_errmsg(sqlite3_db_handle(handle_.get()))};
}

Database Database::open(const std::string& name, OpenMode mode) {
  configure_once();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, open_flags(mode), nullptr);
  Database database{handle};
  if (code != SQLITE_OK) throw SqliteError{code, handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code)};
  // Attackers may write texts, never the schema; but a file may come from anywhere.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_busy_timeout(handle, 10'000);
  return database;
}

void Database::execute(const std::string& sql) {
  char* message = nullptr;
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, &message);
  if (code == SQLITE_OK) return;
  const std::string what = message ? message : sqlite3_errstr(code);
  sqlite3_free(message);
  throw SqliteError{code, what};
}

std::int64_t Database::integer(std::string_view sql) {
  Statement statement{*this, sql};
  return statement.step() ? statement.integer(0) : 0;
}

std::string Database::text(std::string_view sql) {
  Statement statement{*this, sql};
  return statement.step() ? std::string{statement.text(0)} : std::string{};
}

std::int64_t Database::changes() const noexcept { return sqlite3_changes64(handle_.get()); }
std::int64_t Database::last_rowid() const noexcept { return sqlite3_last_insert_rowid(handle_.get()); }
void Database::interrupt() const noexcept { sqlite3_interrupt(handle_.get()); }

Transaction::Transaction(Database& database, Kind kind) : database_{database} {
  database_.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

// Fails when SQLite has rolled back by itself, which is what is wanted.
Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace llmtrace::collector::sqlite
