// Holds what a copy of the library with another layout would hold, already started: the note, and the slot it
// leads to.
#include <cstdint>

struct FutureSlot {
  std::uint32_t abi;
  std::uint32_t size;
  void* active;
  void* winner;
  void* own;
};

extern "C" {
std::uint32_t future_core[2] = {999, 8};
__attribute__((visibility("hidden")))
FutureSlot future_slot = {999, sizeof(FutureSlot), &future_core, &future_core, &future_core};
}

__asm__(
    ".pushsection .note.llmtrace,\"a\",%note\n"
    ".balign 4\n"
    ".long 9\n"
    ".long 8\n"
    ".long 1\n"
    ".asciz \"llmtrace\"\n"
    ".balign 4\n"
    "0: .quad future_slot - 0b\n"
    ".popsection\n");
