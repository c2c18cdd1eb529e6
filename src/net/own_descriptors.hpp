// For programs that do not know of us: the numbers that their open() and socket() return must be those of
// always. What threads of ours open stands in a table of their own; what both sides need has a high number.
#pragma once

namespace llmtrace::net {

// For the whole process and for good, before anything is opened.
void keep_descriptors_apart() noexcept;
[[nodiscard]] bool are_descriptors_apart() noexcept;

// Where they are kept apart: the same file under a high number, else as it was.
[[nodiscard]] int move_out_of_the_way(int descriptor) noexcept;

// Called by a thread of ours as it begins: from here on it has a table of its own, with `shared` and stderr
// in it and nothing else of the host's, which would keep its pipes and sockets open. Where the kernel
// refuses, the thread opens what it needs among the host's.
void leave_descriptors_of_host(int shared) noexcept;

}  // namespace llmtrace::net
