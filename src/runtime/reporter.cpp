#include "runtime/reporter.hpp"

#include "runtime/no_cancel.hpp"

#include <unistd.h>

namespace llmtrace::runtime {

namespace {

thread_local bool reporting = false;

const char* word_for(Diagnostic::Level level) noexcept {
  switch (level) {
    case Diagnostic::Level::error: return "error";
    case Diagnostic::Level::warning: return "warning";
    case Diagnostic::Level::info: return "info";
    case Diagnostic::Level::debug: break;
  }
  return "debug";
}

// One write, so that lines of several threads and processes do not mix.
void write_line(const Diagnostic& diagnostic) {
  std::string line = "llmtrace: ";
  line.append(word_for(diagnostic.level)).append(": ");
  for (const char c : diagnostic.message)
    line.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
  line.push_back('\n');
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nobody to tell
}

}  // namespace

void Reporter::report(Level level, std::string_view kind, std::string_view message) noexcept {
  if (reporting || static_cast<int>(level) > threshold_) return;
  const NoCancel no_cancel;
  reporting = true;
  try {
    if (may_report(kind)) deliver({level, std::string{kind}, std::string{message}});
  } catch (...) {
    // The host's callback threw, or memory ran out: there is nobody left to tell.
  }
  reporting = false;
}

void Reporter::reset(std::function<void(const Diagnostic&)> callback, int threshold) noexcept {
  callback_ = std::move(callback);
  threshold_ = threshold;
  last_told_.clear();
}

bool Reporter::may_report(std::string_view kind) {
  constexpr std::chrono::minutes between{1};
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock{mutex_};
  const auto known = last_told_.find(kind);
  if (known == last_told_.end()) {
    last_told_.emplace(kind, now);
    return true;
  }
  if (now - known->second < between) return false;
  known->second = now;
  return true;
}

void Reporter::deliver(const Diagnostic& diagnostic) {
  if (callback_)
    callback_(diagnostic);
  else
    write_line(diagnostic);
}

}  // namespace llmtrace::runtime
