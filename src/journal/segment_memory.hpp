// Where the journal's segments lie. Memory of the process here; a file that survives it has the same three
// calls.
#pragma once

#include <cstdint>

namespace llmtrace::journal {

inline constexpr std::uint32_t huge_page = 2u << 20;

class SegmentMemory {
 public:
  virtual ~SegmentMemory() = default;
  // Page-aligned and not touched yet; null when there is none.
  [[nodiscard]] virtual unsigned char* allocate(std::uint32_t bytes) noexcept = 0;
  // The same with all page faults taken, and in a huge page where the system gives one for `bytes`, for which
  // it may stop the thread that asks: the worker's.
  [[nodiscard]] virtual unsigned char* allocate_ready(std::uint32_t bytes) noexcept = 0;
  // All of what was allocated, or some whole pages of it.
  virtual void release(unsigned char* memory, std::uint32_t bytes) noexcept = 0;
};

class AnonymousMemory final : public SegmentMemory {
 public:
  [[nodiscard]] unsigned char* allocate(std::uint32_t bytes) noexcept override;
  [[nodiscard]] unsigned char* allocate_ready(std::uint32_t bytes) noexcept override;
  void release(unsigned char* memory, std::uint32_t bytes) noexcept override;

 private:
  [[nodiscard]] unsigned char* allocate_aligned(std::uint32_t bytes) noexcept;
};

}  // namespace llmtrace::journal
