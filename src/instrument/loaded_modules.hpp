// The shared objects of this process, each held loaded while it is looked at.
#pragma once

#include "instrument/elf_image.hpp"

#include <memory>
#include <string>
#include <vector>

namespace llmtrace::instrument {

struct LibraryCloser {
  void operator()(void* handle) const noexcept;
};
using LibraryHold = std::unique_ptr<void, LibraryCloser>;

struct LoadedModule {
  std::string path;  // empty: the program
  ElfImage image;
  LibraryHold hold;  // the program needs none
};

// Moves on whenever an object was loaded. Takes the linker's lock for a moment.
[[nodiscard]] unsigned long long count_of_loads() noexcept;

// Without the dynamic linker, the kernel's page and this library itself. Throws bad_alloc.
[[nodiscard]] std::vector<LoadedModule> loaded_modules();

// The object that holds this library, which may be the program.
[[nodiscard]] MemoryRange own_module() noexcept;

}  // namespace llmtrace::instrument
