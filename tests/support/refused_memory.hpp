// Memory that is refused to one thread. Only for test programs that have refused_memory.cpp among their
// sources: it replaces operator new.
#pragma once

namespace llmtrace::testing_support {

// How many allocations of this thread succeed from here on. Negative: all.
inline constinit thread_local long allocations_left = -1;

// While it lives, none.
class WithoutMemory {
 public:
  explicit WithoutMemory(bool refused = true) noexcept {
    if (refused) allocations_left = 0;
  }
  WithoutMemory(const WithoutMemory&) = delete;
  WithoutMemory& operator=(const WithoutMemory&) = delete;
  ~WithoutMemory() { allocations_left = -1; }
};

}  // namespace llmtrace::testing_support
