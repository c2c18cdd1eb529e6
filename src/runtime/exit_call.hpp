// Whether the process is on its way out. A destructor cannot know by itself whether its object is static and
// dies with the process or at the end of a scope like any other.
#pragma once

namespace llmtrace::runtime {

// Before the first question, without a lock: it calls the loader, which the questions do not.
void find_exit() noexcept;

// Whether exit() is among the callers of the calling thread, as it is in static destructors and exit
// handlers. Never true otherwise; false where the C library or the host carries no tables for unwinding.
// Costs some microseconds.
[[nodiscard]] bool is_called_by_exit() noexcept;

}  // namespace llmtrace::runtime
