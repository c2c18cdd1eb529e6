#pragma once

#include "journal/segment_memory.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>

namespace llmtrace::journal {

// The real memory: who asked for it, how much is held, and when there is none. Any thread, but for what a
// test does meanwhile.
class WatchedMemory final : public SegmentMemory {
 public:
  unsigned char* allocate(std::uint32_t bytes) noexcept override {
    ++in_a_hurry;
    return is_refused() ? nullptr : count(real_.allocate(bytes), bytes);
  }
  unsigned char* allocate_ready(std::uint32_t bytes) noexcept override {
    ++made_ready;
    call_once(while_made_ready);
    return is_refused() ? nullptr : count(real_.allocate_ready(bytes), bytes);
  }
  void release(unsigned char* memory, std::uint32_t bytes) noexcept override {
    call_once(while_released);
    held -= bytes;
    real_.release(memory, bytes);
  }

  static constexpr int for_good = -1;
  std::atomic<int> refused{0};  // so many from now on, or for good
  std::atomic<int> in_a_hurry{0};
  std::atomic<int> made_ready{0};
  std::atomic<std::size_t> held{0};
  std::atomic<std::size_t> most_held{0};
  std::function<void()> while_made_ready;
  std::function<void()> while_released;

 private:
  static void call_once(std::function<void()>& meanwhile) {
    if (meanwhile == nullptr) return;
    const auto call = std::exchange(meanwhile, nullptr);
    call();
  }
  bool is_refused() noexcept {
    int left = refused.load();
    while (left > 0 && !refused.compare_exchange_weak(left, left - 1)) {
    }
    return left != 0;
  }
  unsigned char* count(unsigned char* memory, std::uint32_t bytes) noexcept {
    if (memory == nullptr) return nullptr;
    const std::size_t now = held += bytes;
    std::size_t most = most_held.load();
    while (most < now && !most_held.compare_exchange_weak(most, now)) {
    }
    return memory;
  }

  AnonymousMemory real_;
};

}  // namespace llmtrace::journal
