#include "collector/store/sqlite/file_check.hpp"

#include <sqlite3.h>

#include <pthread.h>
#include <sched.h>
#include <utility>

namespace llmtrace::collector::sqlite {
namespace {

constexpr int steps_between_looks = 1000;
constexpr int cache_kib = 8 * 1024;

int is_stopping(void* stopping) { return static_cast<std::atomic<bool>*>(stopping)->load() ? 1 : 0; }

}  // namespace

BackgroundCheck::BackgroundCheck(const Place& place) {
  if (place.in_memory()) {
    result_ = FileCheck::not_needed;
    return;
  }
  thread_ = std::thread{[this, place] { run(place); }};
}

BackgroundCheck::~BackgroundCheck() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void BackgroundCheck::describe(StoreStatus& status) const {
  const std::lock_guard lock{mutex_};
  status.check = result_;
  status.check_report = report_;
}

// Nobody waits for it, so it takes only the processor time that is left over.
void BackgroundCheck::run(const Place& place) {
  const sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
  finish(FileCheck::running, {});
  try {
    Database database = place.open_reader(cache_kib);
    sqlite3_progress_handler(database.handle(), steps_between_looks, &is_stopping, &stopping_);
    const std::string report = database.text("PRAGMA quick_check(10)");
    finish(report == "ok" ? FileCheck::ok : FileCheck::damaged, report == "ok" ? "" : report);
  } catch (const SqliteError& error) {
    finish(error.interrupted() ? FileCheck::pending : FileCheck::damaged, error.what());
  }
}

void BackgroundCheck::finish(FileCheck result, std::string report) {
  const std::lock_guard lock{mutex_};
  result_ = result;
  report_ = std::move(report);
}

}  // namespace llmtrace::collector::sqlite
