#include "journal/segment_memory.hpp"

#include <sys/mman.h>

namespace llmtrace::journal {

unsigned char* AnonymousMemory::allocate(std::uint32_t bytes) noexcept {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<unsigned char*>(memory);
}

void AnonymousMemory::release(unsigned char* segment, std::uint32_t bytes) noexcept {
  ::munmap(segment, bytes);
}

void AnonymousMemory::touch(unsigned char* segment, std::uint32_t bytes) noexcept {
  constexpr std::uint32_t page = 4096;
  for (std::uint32_t at = 0; at < bytes; at += page) const_cast<volatile unsigned char*>(segment)[at] = 0;
}

}  // namespace llmtrace::journal
