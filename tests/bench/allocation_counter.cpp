#include "allocation_counter.hpp"

#include <cstddef>

// glibc's own names for what the functions below stand in front of; operator new comes through malloc.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace llmtrace::bench {
namespace {

struct Tally {
  bool counting = false;
  std::uint64_t count = 0;
};
constinit thread_local Tally tally;

void note() noexcept {
  if (tally.counting) ++tally.count;
}

}  // namespace

AllocationCounter::AllocationCounter() noexcept { tally = {true, 0}; }
AllocationCounter::~AllocationCounter() { tally.counting = false; }
std::uint64_t AllocationCounter::count() const noexcept { return tally.count; }

}  // namespace llmtrace::bench

extern "C" {

void* malloc(std::size_t size) {
  llmtrace::bench::note();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  llmtrace::bench::note();
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  llmtrace::bench::note();
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  llmtrace::bench::note();
  return __libc_memalign(alignment, size);
}

}  // extern "C"
