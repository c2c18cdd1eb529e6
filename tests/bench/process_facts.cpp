#include "process_facts.hpp"

#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>

namespace llmtrace::bench {
namespace {

double seconds_of(clockid_t clock) {
  timespec at{};
  clock_gettime(clock, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
}

}  // namespace

double process_cpu_seconds() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

double monotonic_seconds() { return seconds_of(CLOCK_MONOTONIC); }

double peak_memory_mb() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    if (word != "VmHWM:") continue;
    double kilobytes = 0;
    status >> kilobytes;
    return kilobytes / 1024;
  }
  throw std::runtime_error("/proc/self/status has no VmHWM");
}

}  // namespace llmtrace::bench
