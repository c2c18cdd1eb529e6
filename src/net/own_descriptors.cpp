#include "net/own_descriptors.hpp"

#include <algorithm>
#include <atomic>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace llmtrace::net {
namespace {

std::atomic<bool> apart{false};

constexpr unsigned unshare_flag = 1u << 1;  // CLOSE_RANGE_UNSHARE, which older headers do not have

bool close_from_to(unsigned first, unsigned last, unsigned flags) noexcept {
#ifdef SYS_close_range
  return first > last || ::syscall(SYS_close_range, first, last, flags) == 0;
#else
  static_cast<void>(first), static_cast<void>(last), static_cast<void>(flags);
  return false;
#endif
}

// Above what programs use, below what they may: select() ends at 1024.
int lowest_of_ours() noexcept {
  constexpr int wanted = 960;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted / 4;
  return static_cast<int>(std::min<rlim_t>(wanted, limit.rlim_cur / 4 * 3));
}

}  // namespace

void keep_descriptors_apart() noexcept { apart.store(true, std::memory_order_relaxed); }
bool are_descriptors_apart() noexcept { return apart.load(std::memory_order_relaxed); }

int move_out_of_the_way(int descriptor) noexcept {
  if (descriptor < 0 || !are_descriptors_apart()) return descriptor;
  const int moved = ::fcntl(descriptor, F_DUPFD_CLOEXEC, lowest_of_ours());
  if (moved < 0) return descriptor;
  ::close(descriptor);
  return moved;
}

void leave_descriptors_of_host(int shared) noexcept {
  if (!are_descriptors_apart() || shared <= STDERR_FILENO) return;
  const auto kept = static_cast<unsigned>(shared);
  // The first call makes the table ours; only then may anything be closed.
  if (!close_from_to(kept + 1, ~0u, unshare_flag)) return;
  static_cast<void>(close_from_to(STDERR_FILENO + 1, kept - 1, 0));
  static_cast<void>(close_from_to(STDIN_FILENO, STDOUT_FILENO, 0));
}

}  // namespace llmtrace::net
