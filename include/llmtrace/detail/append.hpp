// A finished record goes into the journal: the one copy that a span costs, and the memory it waits for.
#pragma once

#include <llmtrace/detail/core.hpp>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

// Takes a cache line for writing. __builtin_prefetch() would ask for one that may stay shared; processors
// that do not know the instruction pass over it.
LLMTRACE_INLINE void take_line(const unsigned char* at) noexcept {
#if defined(__x86_64__)
  __asm__ volatile("prefetchw %0" : : "m"(*at));
#else
  __builtin_prefetch(at, 1);
#endif
}

// Takes the cache lines that later frames will fill, as many as this one has: the worker has read them when
// they last held something, and to have them back from another core's cache is most of what a large span
// costs. Some way ahead of the next frame, so that they have come by themselves until they are needed.
LLMTRACE_INLINE void take_lines_ahead(const unsigned char* next, std::uint32_t size) noexcept {
  constexpr std::uint32_t lead = 1024;
  constexpr std::uint32_t line = 64;
  constexpr std::uint32_t most = 8192;  // more than that does not stay until it is needed
  next += lead;
  for (const unsigned char* end = next + (size < most ? size : most); next < end; next += 8 * line) {
    take_line(next);
    take_line(next + line);
    take_line(next + 2 * line);
    take_line(next + 3 * line);
    take_line(next + 4 * line);
    take_line(next + 5 * line);
    take_line(next + 6 * line);
    take_line(next + 7 * line);
  }
}

LLMTRACE_INLINE void write_frame(Core& core, const Reservation& at, const Record& record, std::uint32_t size,
                                 std::uint32_t marks) noexcept {
  announce_frame(at, size | marks);
  std::memcpy(at.frame + sizeof(FrameHead), record.data, size);
  commit_frame(at, size | marks);
  take_lines_ahead(at.frame + frame_size(size), size);
  if (LLMTRACE_UNLIKELY(at.crossed)) core.slow.wake(*record.tracer);
}

// Copies a finished record into the journal. False when its segment is full: then append_slowly() is next.
// Apart from that because what a table's function gets the address of is kept out of registers.
LLMTRACE_INLINE bool append_quickly(Core& core, const Record& record, std::uint32_t marks = 0) noexcept {
  Reservation at;
  const std::uint32_t size = record.size();
  if (LLMTRACE_UNLIKELY(!try_reserve(record.tracer->journal, frame_size(size), at))) return false;
  write_frame(core, at, record, size, marks);
  return true;
}

LLMTRACE_COLD inline bool append_slowly(Core& core, const Record& record, DropBefore& why,
                                        std::uint32_t marks = 0) noexcept {
  Reservation at;
  const std::uint32_t size = record.size();
  if (!core.slow.reserve(*record.tracer, frame_size(size), at, &why)) return false;
  write_frame(core, at, record, size, marks);
  return true;
}

}  // namespace detail
LLMTRACE_END_NAMESPACE
