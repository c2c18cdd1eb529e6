// Runs SQLite's quick_check over the file in the background, once after the start. It holds one snapshot all
// the time, so it gives way and begins again later when the log has become long.
#pragma once

#include "collector/store/sqlite/place.hpp"
#include "collector/store/status.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace llmtrace::collector::sqlite {

class BackgroundCheck {
 public:
  BackgroundCheck(const Place& place, std::function<bool()> must_give_way);
  BackgroundCheck(const BackgroundCheck&) = delete;
  BackgroundCheck& operator=(const BackgroundCheck&) = delete;
  ~BackgroundCheck();

  void describe(StoreStatus& status) const;

 private:
  void run(const Place& place);
  // False: it gave way.
  [[nodiscard]] bool check(const Place& place);
  static int must_stop(void* check);
  void finish(FileCheck result, std::string report);

  std::function<bool()> must_give_way_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  FileCheck result_ = FileCheck::pending;
  std::string report_;
  std::thread thread_;
};

}  // namespace llmtrace::collector::sqlite
