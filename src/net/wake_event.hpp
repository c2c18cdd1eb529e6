#pragma once

namespace llmtrace::net {

// Ends a poll from any thread. It is an eventfd of our own and not curl_multi_wakeup: a single
// write(2) neither locks nor allocates and is async-signal-safe by contract, it cannot raise
// SIGPIPE as curl's socket pair could, and it does not depend on the multi handle being alive.
class WakeEvent {
 public:
  WakeEvent() noexcept;
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  [[nodiscard]] bool valid() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  // Any thread, also inside a signal handler. Wakes add up to one.
  void raise() noexcept;

  // The polling thread: true when raised since the last call.
  [[nodiscard]] bool consume() noexcept;

 private:
  int descriptor_;
};

}  // namespace llmtrace::net
