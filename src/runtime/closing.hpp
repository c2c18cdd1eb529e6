// The end of tracers, one by one or, when the process exits, all at the same time.
#pragma once

#include "runtime/shells.hpp"

namespace llmtrace::runtime {

// Waits until the tracer in a shell has come to its end, as its only waiter (`closing`), and sets the shell
// free. True when nothing was left over.
[[nodiscard]] bool finish_closing(Shell& shell, TimePoint deadline, HostObjects* leftover) noexcept;

// The process exits, and did so by `now`: every tracer begins to close, each with its own budget from the
// first of these calls on, so that all take the longest of them and none uses up the time of another.
void begin_exit(TimePoint now) noexcept;
// With the lock held, once begin_exit() was called: until when this tracer may take.
[[nodiscard]] TimePoint exit_deadline(const Shell& shell) noexcept;

// Runs before the exit handlers of curl and its TLS library, which were registered earlier.
void close_all_at_exit() noexcept;

}  // namespace llmtrace::runtime
