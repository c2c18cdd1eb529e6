// Writes the address of a function into a slot that other threads call through at the same time.
#pragma once

#include "instrument/elf_image.hpp"

namespace llmtrace::instrument {

// Whether this system's slots are known: x86-64 and AArch64.
[[nodiscard]] constexpr bool can_patch_here() noexcept {
#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
  return true;
#else
  return false;
#endif
}

[[nodiscard]] inline void* read_slot(void* const* slot) noexcept {
  return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

// False when the memory cannot be made writable: the slot then is what it was. One thread at a time.
[[nodiscard]] bool write_slot(const ElfImage& image, void** slot, void* function) noexcept;

}  // namespace llmtrace::instrument
