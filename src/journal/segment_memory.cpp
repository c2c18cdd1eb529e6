#include "journal/segment_memory.hpp"

#include <sys/mman.h>

namespace llmtrace::journal {
namespace {

void take_page_faults(unsigned char* memory, std::uint32_t bytes) noexcept {
  constexpr std::uint32_t page = 4096;
  for (std::uint32_t at = 0; at < bytes; at += page) const_cast<volatile unsigned char*>(memory)[at] = 0;
}

}  // namespace

unsigned char* AnonymousMemory::allocate(std::uint32_t bytes) noexcept {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<unsigned char*>(memory);
}

unsigned char* AnonymousMemory::allocate_ready(std::uint32_t bytes) noexcept {
  const bool in_huge_pages = bytes % huge_page == 0;
  unsigned char* memory = in_huge_pages ? allocate_aligned(bytes) : allocate(bytes);
  if (memory == nullptr) return nullptr;
  if (in_huge_pages) ::madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: small pages do as well
  take_page_faults(memory, bytes);
  return memory;
}

// On a multiple of the huge page, without which there is none.
unsigned char* AnonymousMemory::allocate_aligned(std::uint32_t bytes) noexcept {
  unsigned char* memory = allocate(bytes + huge_page);
  if (memory == nullptr) return nullptr;
  const auto before = static_cast<std::uint32_t>(-reinterpret_cast<std::uintptr_t>(memory) % huge_page);
  if (before != 0) release(memory, before);
  release(memory + before + bytes, huge_page - before);
  return memory + before;
}

void AnonymousMemory::release(unsigned char* memory, std::uint32_t bytes) noexcept {
  // A process that has as many mappings as it may is refused one more, which a part taken out would leave.
  if (::munmap(memory, bytes) != 0) ::madvise(memory, bytes, MADV_DONTNEED);
}

}  // namespace llmtrace::journal
