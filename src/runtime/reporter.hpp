// Tells the host what it should know: through its own callback, or as a line on stderr. A tracer tells at
// most one a minute of a kind, and stderr gets the same line at most once a minute, whichever tracer it comes
// from. What the callback throws stays here, and what it logs cannot come back here.
#pragma once

#include <llmtrace/tracer.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace llmtrace::runtime {

class Reporter {
 public:
  using Level = Diagnostic::Level;

  Reporter() = default;
  Reporter(std::function<void(const Diagnostic&)> callback, int threshold) noexcept
      : callback_{std::move(callback)}, threshold_{threshold} {}

  // For the next tracer; while nobody reports.
  void reset(std::function<void(const Diagnostic&)> callback, int threshold) noexcept;
  // So that a fork finds no other thread inside.
  void lock_for_fork() noexcept { mutex_.lock(); }
  void unlock_after_fork() noexcept { mutex_.unlock(); }

  // Any thread. Never throws.
  void report(Level level, std::string_view kind, std::string_view message) noexcept;

 private:
  [[nodiscard]] bool may_report(std::string_view kind);
  void deliver(const Diagnostic& diagnostic);

  std::function<void(const Diagnostic&)> callback_;
  int threshold_ = static_cast<int>(Level::warning);  // less severe is not told; -1: nothing is
  std::mutex mutex_;
  std::map<std::string, std::chrono::steady_clock::time_point, std::less<>> last_told_;
};

}  // namespace llmtrace::runtime
