// Threads that stay, so that a burst on several of them starts at once and finds them warm.
#pragma once

#include <barrier>
#include <functional>
#include <thread>
#include <vector>

namespace llmtrace::bench {

class ThreadTeam {
 public:
  using Work = std::function<void(unsigned member)>;

  explicit ThreadTeam(unsigned size) : start_{size + 1}, end_{size + 1} {
    for (unsigned member = 0; member < size; ++member)
      threads_.emplace_back([this, member] { serve(member); });
  }
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;
  ~ThreadTeam() {
    work_ = nullptr;
    start_.arrive_and_wait();
    for (std::thread& thread : threads_) thread.join();
  }

  [[nodiscard]] unsigned size() const noexcept { return static_cast<unsigned>(threads_.size()); }

  // `work` on every member; returns when all are through. It must not throw.
  void run(const Work& work) {
    work_ = &work;
    start_.arrive_and_wait();
    end_.arrive_and_wait();
  }

 private:
  void serve(unsigned member) {
    for (;;) {
      start_.arrive_and_wait();
      if (work_ == nullptr) return;
      (*work_)(member);
      end_.arrive_and_wait();
    }
  }

  const Work* work_ = nullptr;  // published by the barriers
  std::barrier<> start_;
  std::barrier<> end_;
  std::vector<std::thread> threads_;
};

}  // namespace llmtrace::bench
