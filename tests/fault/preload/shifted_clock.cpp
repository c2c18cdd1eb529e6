// Loaded in front of the C library: somebody sets the machine's clock. The monotonic clocks go on as ever.
#include <atomic>
#include <ctime>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {
constinit std::atomic<long> shift{0};
}

EXPORTED void llmtrace_shift_wall_clock(long seconds) { shift.store(seconds); }

EXPORTED int clock_gettime(clockid_t which, timespec* at) {
  const long result = ::syscall(SYS_clock_gettime, which, at);
  if (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE) at->tv_sec += shift.load();
  return static_cast<int>(result);
}
EXPORTED int gettimeofday(timeval* at, void*) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}
EXPORTED time_t time(time_t* at) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (at != nullptr) *at = now.tv_sec;
  return now.tv_sec;
}
