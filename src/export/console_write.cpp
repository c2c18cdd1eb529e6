#include "export/console_write.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <poll.h>
#include <unistd.h>

namespace llmtrace::exporting {
namespace {

bool wait_writable(int descriptor, std::chrono::steady_clock::time_point deadline) noexcept {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd polled{descriptor, POLLOUT, 0};
    const int ready =
        ::poll(&polled, 1, static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0)));
    if (ready > 0) return (polled.revents & POLLOUT) != 0;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

// A pipe that poll calls writable has room for PIPE_BUF bytes: that much does not block.
bool write_to_console(int descriptor, std::string_view text, bool stuck) noexcept {
  constexpr std::chrono::milliseconds patience{250};
  const auto deadline = std::chrono::steady_clock::now() + (stuck ? patience * 0 : patience);
  while (!text.empty()) {
    if (!wait_writable(descriptor, deadline)) return false;
    const ssize_t count = ::write(descriptor, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (count > 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      return false;
    }
  }
  return true;
}

}  // namespace llmtrace::exporting
