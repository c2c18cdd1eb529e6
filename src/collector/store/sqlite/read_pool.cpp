#include "collector/store/sqlite/read_pool.hpp"

#include <sqlite3.h>

#include <chrono>

namespace llmtrace::collector::sqlite {
namespace {

// Steps of SQLite's machine between two looks at the clock: some tens of microseconds.
constexpr int steps_between_looks = 2000;

int is_late(void* reader) {
  return std::chrono::steady_clock::now() >= static_cast<const Reader*>(reader)->deadline ? 1 : 0;
}

}  // namespace

ReadPool::ReadPool(const Place& place, Turns& turns, int size, int cache_kib, void (*prepare)(Reader&))
    : turns_{turns} {
  for (int i = 0; i < size; ++i) {
    readers_.push_back(std::make_unique<Reader>(place.open_reader(cache_kib)));
    Reader* reader = readers_.back().get();
    sqlite3_progress_handler(reader->database.handle(), steps_between_looks, &is_late, reader);
    if (prepare != nullptr) prepare(*reader);
    free_.push_back(reader);
  }
}

ReadPool::Lease ReadPool::lend(Deadline deadline) {
  Reader& reader = take(deadline);
  reader.deadline = deadline;
  return Lease{*this, reader, turns_.read()};
}

Reader& ReadPool::take(Deadline deadline) {
  std::unique_lock lock{mutex_};
  if (!returned_.wait_until(lock, deadline, [&] { return !free_.empty(); }))
    throw SqliteError{SQLITE_INTERRUPT, "all connections are busy"};
  Reader* reader = free_.back();
  free_.pop_back();
  return *reader;
}

void ReadPool::give_back(Reader& reader) noexcept {
  {
    const std::lock_guard lock{mutex_};
    free_.push_back(&reader);
  }
  returned_.notify_one();
}

}  // namespace llmtrace::collector::sqlite
