// Loaded in front of the C library: the Nth allocation from now fails, or each from the Nth on.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED extern "C" __attribute__((visibility("default")))

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

constinit std::atomic<long> seen{0};
constinit std::atomic<long> first_failing{0};  // 0: none
constinit std::atomic<bool> lasting{false};

bool fails() noexcept {
  const long at = first_failing.load(std::memory_order_relaxed);
  if (at == 0) return false;
  const long number = seen.fetch_add(1, std::memory_order_relaxed) + 1;
  if (lasting.load(std::memory_order_relaxed) ? number < at : number != at) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

EXPORTED void llmtrace_fail_allocation(long nth, bool from_there_on) {
  first_failing.store(0);
  seen.store(0);
  lasting.store(from_there_on);
  first_failing.store(nth);
}

// Ends the failing; how many allocations there were since it began.
EXPORTED long llmtrace_stop_failing() {
  first_failing.store(0);
  return seen.load();
}

EXPORTED void* malloc(std::size_t size) { return fails() ? nullptr : __libc_malloc(size); }
EXPORTED void* calloc(std::size_t count, std::size_t size) {
  return fails() ? nullptr : __libc_calloc(count, size);
}
EXPORTED void* realloc(void* old, std::size_t size) { return fails() ? nullptr : __libc_realloc(old, size); }
EXPORTED void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return fails() ? nullptr : __libc_memalign(alignment, size);
}
EXPORTED int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  *out = fails() ? nullptr : __libc_memalign(alignment, size);
  return *out != nullptr ? 0 : ENOMEM;
}
EXPORTED void* mmap(void* address, std::size_t length, int protection, int flags, int descriptor,
                    off_t offset) {
  if (fails()) return MAP_FAILED;
  const long mapped = ::syscall(SYS_mmap, address, length, protection, flags, descriptor, offset);
  return reinterpret_cast<void*>(mapped);
}
