// Moves the write-ahead log into the database, on a thread of its own, while commits go on. They wait only
// while the log is made ready to begin anew: SQLite before 3.51.3 may damage a file in which that happens
// during a checkpoint.
#pragma once

#include "collector/store/sqlite/database.hpp"
#include "collector/store/sqlite/place.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace llmtrace::collector::sqlite {

class Checkpoints {
 public:
  Checkpoints(const Place& place, Turns& turns);
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;
  ~Checkpoints();

  // After a commit: so many pages are in the log.
  void note(int log_pages);
  // Longer than it should be: something holds it.
  [[nodiscard]] bool log_is_long() const noexcept { return log_is_long_.load(); }

 private:
  void run();
  void copy_beside_commits();
  void copy_and_restart(bool cut);
  void cut_log();
  void copy();
  [[nodiscard]] int pages_left();
  enum class File : bool { database, log };
  void sync(File file);

  Database database_;
  // Its read transaction keeps the log from being overwritten before the database has reached the disk.
  Database pin_;
  Turns& turns_;
  std::atomic<bool> log_is_long_{false};
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  int log_pages_ = 0;
  int copied_pages_ = 0;
  int tried_pages_ = 0;  // a slow reader may keep them from being copied
  bool cut_due_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace llmtrace::collector::sqlite
