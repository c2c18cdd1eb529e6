// Counts what a thread asks of malloc and operator new, which this program interposes.
#pragma once

#include <cstdint>

namespace llmtrace::bench {

// From its construction on, on this thread, one at a time.
class AllocationCounter {
 public:
  AllocationCounter() noexcept;
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;
  ~AllocationCounter();

  [[nodiscard]] std::uint64_t count() const noexcept;
};

}  // namespace llmtrace::bench
