// Moves the write-ahead log into the database, on a thread of its own. Copying takes its turn with the
// commits, as it must; the slow part, waiting for the disk, is done while commits go on.
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
  void copy_and_restart();
  void copy();
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
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace llmtrace::collector::sqlite
