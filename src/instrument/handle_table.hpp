// The state of every handle, by its address. Any thread; a handle itself is used by one at a time, as curl
// asks for, so what was found may be used without a lock.
#pragma once

#include "instrument/handle_state.hpp"

#include <array>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace llmtrace::instrument {

class HandleTable {
 public:
  // Null when the handle is not known, or from before the last forget_all().
  [[nodiscard]] HandleState* find(CURL* handle) noexcept;
  // Null when memory is short.
  [[nodiscard]] HandleState* find_or_add(CURL* handle) noexcept;
  void remove(CURL* handle) noexcept;

  // What is known now is not to be trusted later: handles may come and go unseen from here on. A transfer
  // that runs keeps its handle's state.
  void forget_all() noexcept { generation_.fetch_add(1, std::memory_order_acq_rel); }

  // The handles whose transfer was added to this one.
  [[nodiscard]] std::vector<CURL*> attached_to(const CURLM* multi);

  // A fork must not copy a table that somebody is changing.
  void lock_for_fork() noexcept;
  void unlock_after_fork() noexcept;

 private:
  static constexpr std::size_t shard_count = 32;
  struct Shard {
    std::mutex mutex;
    std::unordered_map<CURL*, std::unique_ptr<HandleState>> states;
  };

  [[nodiscard]] Shard& shard_of(CURL* handle) noexcept {
    const auto number = reinterpret_cast<std::uintptr_t>(handle);
    return shards_[(number >> 6 ^ number >> 13) % shard_count];
  }

  std::array<Shard, shard_count> shards_;
  std::atomic<std::uint32_t> generation_{1};
};

[[nodiscard]] HandleTable& handles() noexcept;

}  // namespace llmtrace::instrument
