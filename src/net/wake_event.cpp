#include "net/wake_event.hpp"

#include "net/own_descriptors.hpp"

#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace llmtrace::net {

WakeEvent::WakeEvent() noexcept : descriptor_(move_out_of_the_way(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {}

WakeEvent::~WakeEvent() {
  if (valid()) close(descriptor_);
}

void WakeEvent::raise() noexcept {
  const int saved_errno = errno;  // the caller may be a signal handler
  const std::uint64_t one = 1;
  // a full counter (EAGAIN) is already readable, so there is nothing to repeat
  [[maybe_unused]] const auto written = write(descriptor_, &one, sizeof one);
  errno = saved_errno;
}

bool WakeEvent::consume() noexcept {
  std::uint64_t count = 0;
  return read(descriptor_, &count, sizeof count) == static_cast<ssize_t>(sizeof count);
}

}  // namespace llmtrace::net
