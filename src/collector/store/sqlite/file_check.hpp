// Runs SQLite's quick_check over the file in the background, once after the start.
#pragma once

#include "collector/store/sqlite/place.hpp"
#include "collector/store/status.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace llmtrace::collector::sqlite {

class BackgroundCheck {
 public:
  explicit BackgroundCheck(const Place& place);
  BackgroundCheck(const BackgroundCheck&) = delete;
  BackgroundCheck& operator=(const BackgroundCheck&) = delete;
  ~BackgroundCheck();

  void describe(StoreStatus& status) const;

 private:
  void run(const Place& place);
  void finish(FileCheck result, std::string report);

  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;  // guards what follows
  FileCheck result_ = FileCheck::pending;
  std::string report_;
  std::thread thread_;
};

}  // namespace llmtrace::collector::sqlite
