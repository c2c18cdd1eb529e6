#include "instrument/slot_patch.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace llmtrace::instrument {
namespace {

// Lifts the write protection of the page that a slot lies on.
class PageUnlocked {
 public:
  explicit PageUnlocked(void* address) noexcept
      : size_{static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))},
        // NOLINTNEXTLINE(performance-no-int-to-ptr): pages are numbers
        page_{reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(address) & ~(size_ - 1))},
        unlocked_{::mprotect(page_, size_, PROT_READ | PROT_WRITE) == 0} {}
  ~PageUnlocked() {
    if (unlocked_) static_cast<void>(::mprotect(page_, size_, PROT_READ));
  }
  PageUnlocked(const PageUnlocked&) = delete;
  PageUnlocked& operator=(const PageUnlocked&) = delete;

  explicit operator bool() const noexcept { return unlocked_; }

 private:
  std::size_t size_;
  void* page_;
  bool unlocked_;
};

// Released, so that who calls through the slot sees all that the function needs.
void store(void** slot, void* function) noexcept { __atomic_store_n(slot, function, __ATOMIC_RELEASE); }

}  // namespace

bool write_slot(const ElfImage& image, void** slot, void* function) noexcept {
  if (!can_patch_here()) return false;
  if (image.is_writable(slot) && !image.read_only_after_start().contains(slot)) {
    store(slot, function);
    return true;
  }
  // A relocation of text: its page would have to become writable and executable at once.
  if (!image.read_only_after_start().contains(slot)) return false;
  const PageUnlocked page{slot};
  if (page) store(slot, function);
  return static_cast<bool>(page);
}

}  // namespace llmtrace::instrument
