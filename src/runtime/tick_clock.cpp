#include "runtime/tick_clock.hpp"

#include "runtime/tracer_runtime.hpp"

#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace llmtrace::runtime {

using core::ClockMap;
using detail::ClockMode;
using detail::TracerCore;

namespace {

std::int64_t read_posix(clockid_t which) noexcept {
  timespec at{};
  clock_gettime(which, &at);
  return static_cast<std::int64_t>(at.tv_sec) * 1'000'000'000 + at.tv_nsec;
}

#if defined(__x86_64__)

bool counter_is_invariant() noexcept {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0;
}

bool kernel_trusts_counter() noexcept {
  const int file =
      ::open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char name[32] = {};
  const auto size = ::read(file, name, sizeof(name) - 1);
  ::close(file);
  return size > 0 && (std::strncmp(name, "tsc\n", 4) == 0 || std::strncmp(name, "kvm-clock\n", 10) == 0);
}

ClockMap::Reading read_counter() noexcept {
  return {static_cast<std::int64_t>(__builtin_ia32_rdtsc()), read_posix(CLOCK_MONOTONIC),
          read_posix(CLOCK_REALTIME)};
}

// Taken as the library is loaded: by the time of init it is usually old enough to tell the rate.
const ClockMap::Reading at_load = read_counter();

ClockMap map_of_counter() noexcept {
  constexpr std::int64_t long_enough =
      2'000'000;  // then reading the clocks errs by less than 50 in a million
  ClockMap::Reading now = read_counter();
  while (now.monotonic - at_load.monotonic < long_enough) now = read_counter();
  const double rate =
      static_cast<double>(now.monotonic - at_load.monotonic) / static_cast<double>(now.ticks - at_load.ticks);
  ClockMap map{at_load, rate, true};
  map.update(now);
  return map;
}

#endif

}  // namespace

ClockMode best_clock() noexcept {
#if defined(__x86_64__)
  static const bool use_counter = counter_is_invariant() && kernel_trusts_counter();
  if (use_counter) return ClockMode::tsc;
#endif
  return ClockMode::monotonic;
}

ClockMap calibrated_map(const TracerCore& tracer) noexcept {
#if defined(__x86_64__)
  if (tracer.clock == ClockMode::tsc) return map_of_counter();
#endif
  return ClockMap{read_clock(const_cast<TracerCore*>(&tracer)), 1.0, false};
}

ClockMap::Reading read_clock(void* context) noexcept {
  auto& tracer = *static_cast<TracerCore*>(context);
  if (tracer.clock == ClockMode::custom) {
    const std::int64_t now = tracer.now();
    return {now, now, runtime_of(tracer).custom_wall()};
  }
#if defined(__x86_64__)
  if (tracer.clock == ClockMode::tsc) return read_counter();
#endif
  const std::int64_t now = tracer.now();
  return {now, now, read_posix(CLOCK_REALTIME)};
}

}  // namespace llmtrace::runtime
