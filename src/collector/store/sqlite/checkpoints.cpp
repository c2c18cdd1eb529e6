#include "collector/store/sqlite/checkpoints.hpp"

#include <sqlite3.h>

#include <chrono>

namespace llmtrace::collector::sqlite {
namespace {

constexpr int pages_worth_a_checkpoint = 2048;  // 16 MiB
constexpr int most_pages = 32768;               // 256 MiB
// So that the log of an idle service does not stay behind.
constexpr auto idle_interval = std::chrono::seconds{2};

}  // namespace

Checkpoints::Checkpoints(Database database, Turns& turns) : database_{std::move(database)}, turns_{turns} {
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
  log_pages_ = log_pages;
  if (log_pages_ >= pages_worth_a_checkpoint) wake_.notify_one();
}

void Checkpoints::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    wake_.wait_for(lock, idle_interval, [&] { return stopping_ || log_pages_ >= pages_worth_a_checkpoint; });
    if (log_pages_ == 0) continue;
    const int mode = log_pages_ >= most_pages ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    log_pages_ = 0;
    lock.unlock();
    checkpoint(mode);
    lock.lock();
  }
}

void Checkpoints::checkpoint(int mode) {
  const auto turn = turns_.write();
  int in_log = 0;
  int moved = 0;
  sqlite3_wal_checkpoint_v2(database_.handle(), "main", mode, &in_log, &moved);
}

}  // namespace llmtrace::collector::sqlite
