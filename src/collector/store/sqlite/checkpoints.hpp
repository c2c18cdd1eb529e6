// Moves the write-ahead log into the database, on a thread and a connection of its own. It takes its turn
// with the commits, so it works often and on little.
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
  Checkpoints(Database database, Turns& turns);
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;
  ~Checkpoints();

  // After a commit: so many pages are in the log.
  void note(int log_pages);

 private:
  void run();
  void checkpoint(int mode);

  Database database_;
  Turns& turns_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  int log_pages_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace llmtrace::collector::sqlite
