// Turns the ticks of a record into time. Ticks are nanoseconds of a monotonic clock, or of the time stamp
// counter, whose rate is measured between two readings that the worker takes further and further apart.
#pragma once

#include <cstdint>

namespace llmtrace::core {

class ClockMap {
 public:
  struct Reading {
    std::int64_t ticks = 0;
    std::int64_t monotonic = 0;  // nanoseconds
    std::int64_t wall = 0;       // nanoseconds since the Unix epoch
  };

  ClockMap() noexcept = default;
  // `scaled`: ticks are not nanoseconds yet.
  ClockMap(const Reading& first, double nanoseconds_per_tick, bool scaled) noexcept
      : first_{first}, last_{first}, rate_{nanoseconds_per_tick}, scaled_{scaled} {}

  // Takes a later reading: the rate gets more exact, and the wall clock's steps are followed.
  void update(const Reading& now) noexcept {
    constexpr std::int64_t long_enough =
        10'000'000;  // shorter spans of time say less than the first estimate
    const std::int64_t ticks = now.ticks - first_.ticks;
    if (scaled_ && ticks > 0 && now.monotonic - first_.monotonic > long_enough)
      rate_ = static_cast<double>(now.monotonic - first_.monotonic) / static_cast<double>(ticks);
    last_ = now;
  }

  [[nodiscard]] std::int64_t unix_nanoseconds(std::int64_t ticks) const noexcept {
    return last_.wall + nanoseconds(ticks - last_.ticks);
  }
  // Never negative.
  [[nodiscard]] std::int64_t duration(std::int64_t from, std::int64_t to) const noexcept {
    return to > from ? nanoseconds(to - from) : 0;
  }

 private:
  [[nodiscard]] std::int64_t nanoseconds(std::int64_t ticks) const noexcept {
    return scaled_ ? static_cast<std::int64_t>(static_cast<double>(ticks) * rate_) : ticks;
  }

  Reading first_;
  Reading last_;
  double rate_ = 1.0;
  bool scaled_ = false;
};

}  // namespace llmtrace::core
