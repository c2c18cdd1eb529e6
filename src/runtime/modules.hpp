// Several modules of a process may each hold a copy of the library. They find each other through a note that
// every copy leaves in its ELF file: it leads to the module's llmtrace_core_v1. The first copy to start is
// the core of all.
#pragma once

#include <llmtrace/detail/core.hpp>

namespace llmtrace::runtime {

// The core that this module uses: its own becomes the process's if there is none yet. Null when the process
// has one of another version.
[[nodiscard]] detail::Core* choose_core() noexcept;
// Shows guards of all modules that tracers live, or that none does any more.
void set_active(bool active) noexcept;

}  // namespace llmtrace::runtime
