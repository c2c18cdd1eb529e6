#include "collector/store/sqlite/file_check.hpp"

#include "collector/store/sqlite/background.hpp"

#include <sqlite3.h>

#include <chrono>
#include <utility>

namespace llmtrace::collector::sqlite {
namespace {

constexpr int steps_between_looks = 1000;
constexpr int cache_kib = 8 * 1024;

constexpr auto pause = std::chrono::seconds{20};

}  // namespace

BackgroundCheck::BackgroundCheck(const Place& place, std::function<bool()> must_give_way)
    : must_give_way_{std::move(must_give_way)} {
  if (place.in_memory()) {
    result_ = FileCheck::not_needed;
    return;
  }
  thread_ = std::thread{[this, place] { run(place); }};
}

BackgroundCheck::~BackgroundCheck() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BackgroundCheck::describe(StoreStatus& status) const {
  const std::lock_guard lock{mutex_};
  status.check = result_;
  status.check_report = report_;
}

void BackgroundCheck::run(const Place& place) {
  step_back();
  while (!stopping_ && !check(place)) {
    std::unique_lock lock{mutex_};
    wake_.wait_for(lock, pause, [&] { return stopping_.load(); });
  }
}

bool BackgroundCheck::check(const Place& place) {
  finish(FileCheck::running, {});
  try {
    Database database = place.open_reader(cache_kib);
    sqlite3_progress_handler(database.handle(), steps_between_looks, &must_stop, this);
    const std::string report = database.text("PRAGMA quick_check(10)");
    finish(report == "ok" ? FileCheck::ok : FileCheck::damaged, report == "ok" ? "" : report);
    return true;
  } catch (const SqliteError& error) {
    finish(error.interrupted() ? FileCheck::pending : FileCheck::damaged,
           error.interrupted() ? "" : error.what());
    return !error.interrupted();
  }
}

int BackgroundCheck::must_stop(void* check) {
  const auto* self = static_cast<const BackgroundCheck*>(check);
  return self->stopping_ || self->must_give_way_() ? 1 : 0;
}

void BackgroundCheck::finish(FileCheck result, std::string report) {
  const std::lock_guard lock{mutex_};
  result_ = result;
  report_ = std::move(report);
}

}  // namespace llmtrace::collector::sqlite
