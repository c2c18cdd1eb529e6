// Where a database lies and how it is opened: one file, or memory that only this process sees. Also who may
// use it when: in a file readers and the writer do not wait for each other, in memory they take turns.
#pragma once

#include "collector/store/sqlite/database.hpp"

#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>

namespace llmtrace::collector::sqlite {

class Place {
 public:
  static Place file(std::string path) { return Place{std::move(path), false}; }
  static Place memory();

  [[nodiscard]] bool in_memory() const noexcept { return in_memory_; }
  // A path, or for memory the name by which all connections find it.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  // With room for `cache_kib` of pages. The writer's makes the database; it must be open as long as any
  // other.
  [[nodiscard]] Database open_writer(int cache_kib) const;
  [[nodiscard]] Database open_reader(int cache_kib) const;

 private:
  Place(std::string name, bool in_memory) : name_{std::move(name)}, in_memory_{in_memory} {}

  std::string name_;
  bool in_memory_;
};

// Of those who write: one at a time.
class Turns {
 public:
  explicit Turns(bool readers_wait) : readers_wait_{readers_wait} {}

  // Whoever waits at the gate comes next: a stream of readers must not keep the writer out.
  [[nodiscard]] std::unique_lock<std::shared_mutex> write() {
    const std::lock_guard next{gate_};
    return std::unique_lock{mutex_};
  }
  [[nodiscard]] std::shared_lock<std::shared_mutex> read() {
    if (!readers_wait_) return std::shared_lock{mutex_, std::defer_lock};
    const std::lock_guard next{gate_};
    return std::shared_lock{mutex_};
  }

 private:
  std::mutex gate_;
  std::shared_mutex mutex_;
  bool readers_wait_;
};

}  // namespace llmtrace::collector::sqlite
