// Leads the calls of every loaded module to the hooks, and back. Any thread may call; one at a time does
// something. A module that comes later by dlopen() is seen as it comes.
#pragma once

#include "instrument/curl_instances.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace llmtrace::instrument {

struct LibraryReport {
  std::string path;
  std::string version;
  std::size_t slots = 0;    // of other modules that lead there
  std::size_t patched = 0;  // of these, through the engine
  std::size_t refused = 0;  // that could not be written
};

class Engine {
 public:
  // Throws bad_alloc; nothing when another thread is at it and does not come to an end.
  [[nodiscard]] std::vector<LibraryReport> install();
  [[nodiscard]] std::vector<LibraryReport> remove();
  [[nodiscard]] std::vector<LibraryReport> look();
  // True: there were new modules, and they lead here now.
  bool refresh() noexcept;

  [[nodiscard]] bool is_installed() const noexcept { return installed_.load(std::memory_order_acquire); }
  // Does nothing when another thread is at it already: that one looks again.
  void look_again_soon() noexcept;
  void remove_soon() noexcept;

 private:
  enum class Task : std::uint8_t { patch, restore, count };
  class Work;

  [[nodiscard]] std::vector<LibraryReport> scan(Task task);
  void visit(const LoadedModule& module, Task task, std::vector<LibraryReport>& reports);
  void visit_slot(const LoadedModule& module, const ImportSlot& slot, Task task,
                  std::vector<LibraryReport>& reports);
  void visit_dlopen(const LoadedModule& module, const ImportSlot& slot, Task task) noexcept;
  [[nodiscard]] CurlInstance* target_of(const LoadedModule& module, const ImportSlot& slot) noexcept;
  void scan_if_wanted() noexcept;

  std::mutex mutex_;
  CurlInstances instances_;
  unsigned long long seen_loads_ = 0;
  std::atomic<bool> installed_{false};
  std::atomic<bool> again_{false};
};

[[nodiscard]] Engine& engine() noexcept;

}  // namespace llmtrace::instrument
