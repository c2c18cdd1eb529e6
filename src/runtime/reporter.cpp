#include "runtime/reporter.hpp"

#include "export/stderr_line.hpp"
#include "runtime/no_cancel.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <iterator>

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

// What went to stderr within the last minute, by whichever tracer: starts that fail, or short tracers, come
// by the thousand. Without a lock, for a fork may come at any moment; two threads may at worst both tell.
struct ToldLine {
  std::atomic<std::uint64_t> what{0};
  std::atomic<std::int64_t> at{0};  // nanoseconds of the steady clock, never 0
};
constinit ToldLine told_lines[64];

constexpr std::int64_t a_minute = 60'000'000'000;

bool is_over(std::int64_t told_at, std::int64_t now) noexcept {
  return told_at == 0 || now - told_at >= a_minute;
}

bool take_turn(ToldLine& line, std::uint64_t what, std::int64_t now) noexcept {
  std::int64_t last = line.at.load(std::memory_order_relaxed);
  if (!is_over(last, now) || !line.at.compare_exchange_strong(last, now, std::memory_order_relaxed))
    return false;
  line.what.store(what, std::memory_order_relaxed);
  return true;
}

// False also when more different lines were told than anybody reads.
bool may_write(const Diagnostic& diagnostic) noexcept {
  const std::hash<std::string_view> hash;
  const std::uint64_t what = hash(diagnostic.kind) * 31 + hash(diagnostic.message);
  const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
  for (ToldLine& line : told_lines)
    if (line.what.load(std::memory_order_relaxed) == what) return take_turn(line, what, now);
  return std::any_of(std::begin(told_lines), std::end(told_lines),
                     [&](ToldLine& line) { return take_turn(line, what, now); });
}

std::string line_of(const Diagnostic& diagnostic) {
  std::string line = "llmtrace: ";
  line.append(word_for(diagnostic.level)).append(": ");
  for (const char c : diagnostic.message.substr(0, exporting::longest_line - 32))
    line.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
  line.push_back('\n');
  return line;
}

void write_line(const Diagnostic& diagnostic) {
  if (may_write(diagnostic)) exporting::write_to_stderr(line_of(diagnostic));
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
