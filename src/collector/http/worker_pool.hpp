// A few threads for work that may block: queries, exports, pieces of streams. The queue is bounded, so that
// a flood of slow questions is refused and not remembered.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace llmtrace::collector::http {

class WorkerPool {
 public:
  using Work = std::function<void()>;

  WorkerPool(std::size_t threads, std::size_t most_waiting);
  ~WorkerPool();  // finishes what runs, drops what waits
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when too much waits already, or after stop(). Work must not throw. Any thread.
  [[nodiscard]] bool post(Work work);
  void stop();

 private:
  void run();

  std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace llmtrace::collector::http
