#include "runtime/modules.hpp"

#include "runtime/core_state.hpp"
#include "runtime/module_walk.hpp"

#include <cstring>
#include <dlfcn.h>

extern "C" {
// Named by the note below, so that no symbol needs to be visible for the modules to meet.
LLMTRACE_API constinit llmtrace_core_slot llmtrace_core_v1{
    llmtrace::detail::core_abi, sizeof(llmtrace_core_slot), nullptr, nullptr, nullptr};
extern __attribute__((visibility("hidden"), alias("llmtrace_core_v1"))) llmtrace_core_slot llmtrace_own_slot;
}

// An ELF note: name "llmtrace", type 1, and the distance from the descriptor to this module's slot.
__asm__(
    ".pushsection .note.llmtrace,\"a\",%note\n"
    ".balign 4\n"
    ".long 9\n"
    ".long 8\n"
    ".long 1\n"
    ".asciz \"llmtrace\"\n"
    ".balign 4\n"
    "0: .quad llmtrace_own_slot - 0b\n"
    ".popsection\n");

namespace llmtrace::runtime {

namespace {

// A program that is linked to the shared library holds a copy of llmtrace_core_v1, which is then the one that
// guards read, while the note leads to the original: both say the same.
template <class Change>
void change_own(Change change) noexcept {
  change(llmtrace_own_slot);
  if (&llmtrace_core_v1 != &llmtrace_own_slot) change(llmtrace_core_v1);
}

constexpr char note_name[] = "llmtrace";

constexpr std::size_t aligned(std::size_t size) noexcept { return (size + 3) & ~std::size_t{3}; }

// The slot that a note segment leads to, if it holds a note of ours.
llmtrace_core_slot* slot_in(const unsigned char* at, const unsigned char* end) noexcept {
  while (static_cast<std::size_t>(end - at) >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, at, sizeof(note));
    const unsigned char* name = at + sizeof(note);
    const unsigned char* descriptor = name + aligned(note.n_namesz);
    const std::size_t whole = sizeof(note) + aligned(note.n_namesz) + aligned(note.n_descsz);
    if (whole > static_cast<std::size_t>(end - at)) return nullptr;
    if (note.n_namesz == sizeof(note_name) && note.n_descsz == 8 &&
        std::memcmp(name, note_name, sizeof(note_name)) == 0) {
      std::int64_t distance = 0;
      std::memcpy(&distance, descriptor, sizeof(distance));
      // NOLINTNEXTLINE(performance-no-int-to-ptr): the note holds a distance, not an object to step through
      return reinterpret_cast<llmtrace_core_slot*>(reinterpret_cast<std::intptr_t>(descriptor) + distance);
    }
    at += whole;
  }
  return nullptr;
}

// Visits the slot of each loaded module that has one. Only looks: nothing of the loader is called from
// inside.
template <class Visit>
void for_each_slot(Visit visit) noexcept {
  const auto callback = [](dl_phdr_info* module, std::size_t, void* data) -> int {
    for (int i = 0; i < module->dlpi_phnum; ++i) {
      const ElfW(Phdr)& segment = module->dlpi_phdr[i];
      if (segment.p_type != PT_NOTE) continue;
      // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers
      const auto* begin = reinterpret_cast<const unsigned char*>(module->dlpi_addr + segment.p_vaddr);
      if (llmtrace_core_slot* slot = slot_in(begin, begin + segment.p_memsz))
        (*static_cast<Visit*>(data))(*slot);
    }
    return 0;
  };
  walk_modules(callback, &visit);
}

// Copies that start at the same moment, on two threads, agree by the first slot of all: each of them finds
// the same one first, and only one sets it.
detail::Core* agree_on_a_core() noexcept {
  detail::Core* winner = nullptr;
  for_each_slot([&winner](llmtrace_core_slot& slot) {
    if (winner != nullptr || slot.abi != detail::core_abi) return;
    const bool ours = slot.winner.compare_exchange_strong(winner, &own_core(), std::memory_order_acq_rel);
    if (ours) winner = &own_core();
  });
  return winner != nullptr ? winner : &own_core();
}

// Keeps the module that holds `address` loaded for good.
void pin_module_of(const void* address) noexcept {
  Dl_info module{};
  if (::dladdr(address, &module) == 0 || module.dli_fname == nullptr) return;
  static_cast<void>(::dlopen(module.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE));
}

// A module that is loaded after another one has started joins it. Both stay: each calls into what the other
// holds.
__attribute__((constructor)) void join_process() noexcept {
  change_own([](llmtrace_core_slot& own) { own.own = &own_core(); });
  for_each_slot([](llmtrace_core_slot& slot) {
    detail::Core* winner = slot.winner.load(std::memory_order_acquire);
    if (winner == nullptr || winner->abi != detail::core_abi) return;
    detail::Core* active = slot.active.load(std::memory_order_acquire);
    change_own([&](llmtrace_core_slot& own) {
      own.winner.store(winner, std::memory_order_release);
      own.active.store(active, std::memory_order_release);
    });
  });
  detail::Core* winner = llmtrace_own_slot.winner.load(std::memory_order_relaxed);
  if (winner == nullptr || winner == &own_core()) return;
  pin_module_of(&own_core());
  pin_module_of(winner);
}

}  // namespace

detail::Core* choose_core() noexcept {
  detail::Core* winner = llmtrace_own_slot.winner.load(std::memory_order_acquire);
  if (winner != nullptr && !walks_are_safe()) return winner;
  bool foreign = false;
  for_each_slot([&](llmtrace_core_slot& slot) {
    detail::Core* other = slot.winner.load(std::memory_order_acquire);
    if (other == nullptr) return;
    if (slot.abi != detail::core_abi || other->abi != detail::core_abi)
      foreign = true;
    else if (winner == nullptr)
      winner = other;
  });
  if (winner == nullptr && foreign) return nullptr;
  if (winner == nullptr) winner = agree_on_a_core();
  bool others = false;
  for_each_slot([&](llmtrace_core_slot& slot) {
    if (slot.abi != detail::core_abi) return;
    others = others || &slot != &llmtrace_own_slot;
    slot.winner.store(winner, std::memory_order_release);
  });
  change_own([winner](llmtrace_core_slot& own) { own.winner.store(winner, std::memory_order_release); });
  if (others) pin_module_of(winner);
  if (winner != &own_core()) pin_module_of(&own_core());
  return winner;
}

void set_active(bool active) noexcept {
  const bool was_active = llmtrace_own_slot.active.load(std::memory_order_relaxed) != nullptr;
  // Where none lives, guards go on to look for a tracer, and find none.
  if (!walks_are_safe() && (was_active || !active)) return;
  detail::Core* core = active ? llmtrace_own_slot.winner.load(std::memory_order_acquire) : nullptr;
  for_each_slot([core](llmtrace_core_slot& slot) {
    if (slot.abi == detail::core_abi) slot.active.store(core, std::memory_order_release);
  });
  change_own([core](llmtrace_core_slot& own) { own.active.store(core, std::memory_order_release); });
}

}  // namespace llmtrace::runtime
