#include "collector/store/sqlite/checkpoints.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>

namespace llmtrace::collector::sqlite {
namespace {

constexpr int pages_worth_a_copy = 1024;   // 8 MiB
constexpr int pages_worth_a_stop = 32768;  // 256 MiB: at most every other second, however much arrives
constexpr int pages_too_many = 49152;      // 384 MiB
constexpr int pages_worth_a_cut = 2048;    // 16 MiB: an idle service does not keep so long a file
// What is left to copy when commits stop for the log to begin anew; so many rounds to get there, at most.
constexpr int pages_of_a_stop = 256;
constexpr int rounds_before_stop = 4;
constexpr int cache_kib = 1024;
// So that the log of an idle service does not stay behind.
constexpr auto idle_interval = std::chrono::seconds{2};

// It does not wait for the disk by itself: sync() does, at the moments that are right.
Database open_database(const Place& place) {
  Database database = place.open_writer(cache_kib);
  database.execute("PRAGMA synchronous=OFF");
  sqlite3_busy_timeout(database.handle(), 0);
  static_cast<void>(database.integer("SELECT count(*) FROM meta"));
  return database;
}

}  // namespace

Checkpoints::Checkpoints(const Place& place, Turns& turns)
    : database_{open_database(place)}, pin_{place.open_reader(cache_kib)}, turns_{turns} {
  thread_ = std::thread{[this] { run(); }};
}

Checkpoints::~Checkpoints() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Checkpoints::note(int log_pages) {
  const std::lock_guard lock{mutex_};
  if (log_pages < log_pages_) copied_pages_ = tried_pages_ = 0;  // the log has begun anew
  log_pages_ = log_pages;
  log_is_long_ = log_pages >= pages_too_many;
  if (log_pages_ - tried_pages_ >= pages_worth_a_copy) wake_.notify_one();
}

void Checkpoints::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    const bool busy = wake_.wait_for(
        lock, idle_interval, [&] { return stopping_ || log_pages_ - tried_pages_ >= pages_worth_a_copy; });
    cut_due_ = cut_due_ || log_pages_ >= pages_worth_a_cut;
    if (stopping_ || (log_pages_ == tried_pages_ && !cut_due_)) continue;
    const bool restart = !busy || log_pages_ >= pages_worth_a_stop;
    const bool cut = !busy && cut_due_;
    tried_pages_ = log_pages_;
    lock.unlock();
    try {
      copy_beside_commits();
      if (restart) copy_and_restart(cut);
    } catch (const SqliteError&) {
      // Tried again when the log has grown further; nothing is lost while it is there.
    }
    lock.lock();
  }
}

// What a page of the database replaces must be safe in the log first, and the log must stay until the pages
// are safe in the database. One reader sees to both: SQLite copies no further than what it sees, which the
// first sync has made safe, and does not begin the log anew while it reads. So commits may go on.
void Checkpoints::copy_beside_commits() {
  const Transaction pinned{pin_, Transaction::Kind::read};
  static_cast<void>(pin_.integer("SELECT count(*) FROM meta"));
  sync(File::log);
  copy();
  sync(File::database);
}

// When all of the log has been copied and no reader uses it, the next commit begins it anew. Commits wait
// for the disk here, so little may be left for it.
void Checkpoints::copy_and_restart(bool cut) {
  for (int round = 0; round < rounds_before_stop && pages_left() > pages_of_a_stop; ++round)
    copy_beside_commits();
  sync(File::log);
  const auto turn = turns_.write();
  sync(File::log);
  copy();
  sync(File::database);
  if (cut) cut_log();
}

// With nothing left in it, and only while nobody reads.
void Checkpoints::cut_log() {
  const int code =
      sqlite3_wal_checkpoint_v2(database_.handle(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  const std::lock_guard lock{mutex_};
  cut_due_ = code != SQLITE_OK;
  if (!cut_due_) log_pages_ = copied_pages_ = tried_pages_ = 0;
}

void Checkpoints::copy() {
  int in_log = 0;
  int copied = 0;
  sqlite3_wal_checkpoint_v2(database_.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
  const std::lock_guard lock{mutex_};
  copied_pages_ = std::max(copied, 0);
}

int Checkpoints::pages_left() {
  const std::lock_guard lock{mutex_};
  return log_pages_ - copied_pages_;
}

void Checkpoints::sync(File file) {
  sqlite3_file* handle = nullptr;
  const int which = file == File::log ? SQLITE_FCNTL_JOURNAL_POINTER : SQLITE_FCNTL_FILE_POINTER;
  if (sqlite3_file_control(database_.handle(), "main", which, &handle) != SQLITE_OK || handle == nullptr ||
      handle->pMethods == nullptr)
    throw SqliteError{SQLITE_IOERR, "a file of the database cannot be reached"};
  if (const int code = handle->pMethods->xSync(handle, SQLITE_SYNC_NORMAL); code != SQLITE_OK)
    throw SqliteError{code, sqlite3_errstr(code)};
}

}  // namespace llmtrace::collector::sqlite
