// Counts the instructions of a section of code by executing it step by step: as exact as the processor's
// counter, and of the very code that runs on this machine (valgrind offers a program an older processor, and
// counts a `rep movsb` once for each byte). A step takes some microseconds, so the sections are short.
#pragma once

#include "child_process.hpp"

#include <cstddef>
#include <optional>

namespace llmtrace::bench {

// In the child: the next counted section of the process, whichever thread comes to it first, is stepped
// through by the process that started this one.
void have_next_section_stepped() noexcept;

// Runs `loop`; where it was asked for, under the eyes of the parent.
void run_steppable(void (*loop)(std::size_t), std::size_t times);

// In the parent: the instructions of the section that `command` has stepped. Nothing where that is not
// possible.
[[nodiscard]] std::optional<double> count_by_stepping(const ChildProcess::Command& command);

}  // namespace llmtrace::bench
