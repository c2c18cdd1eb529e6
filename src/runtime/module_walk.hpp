// Walks over the loaded modules. The C library does not free the lock of a walk in a forked child: whoever
// walks there, while another thread of the parent did at the moment of the fork, waits forever.
#pragma once

#include <cstddef>
#include <link.h>

namespace llmtrace::runtime {

// As dl_iterate_phdr(), and never while this process forks, so that no walk of ours harms a child. `visit`
// must not fork, or walk.
void walk_modules(int (*visit)(dl_phdr_info*, std::size_t, void*), void* data) noexcept;

// False in a forked child, for threads of the host may have walked: who does not have to, should not.
[[nodiscard]] bool walks_are_safe() noexcept;

}  // namespace llmtrace::runtime
