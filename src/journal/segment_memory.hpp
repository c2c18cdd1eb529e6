// Where the journal's segments lie. Memory of the process here; a file that survives it has the same three
// calls.
#pragma once

#include <cstdint>

namespace llmtrace::journal {

class SegmentMemory {
 public:
  virtual ~SegmentMemory() = default;
  // Page-aligned and not touched yet; null when there is none.
  [[nodiscard]] virtual unsigned char* allocate(std::uint32_t bytes) noexcept = 0;
  virtual void release(unsigned char* segment, std::uint32_t bytes) noexcept = 0;
  // Takes the page faults of a segment that producers will need soon. Worker thread.
  virtual void touch(unsigned char* segment, std::uint32_t bytes) noexcept = 0;
};

class AnonymousMemory final : public SegmentMemory {
 public:
  [[nodiscard]] unsigned char* allocate(std::uint32_t bytes) noexcept override;
  void release(unsigned char* segment, std::uint32_t bytes) noexcept override;
  void touch(unsigned char* segment, std::uint32_t bytes) noexcept override;
};

}  // namespace llmtrace::journal
