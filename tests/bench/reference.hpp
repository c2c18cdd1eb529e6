// `ref`, the yardstick of every ratio: two clock reads, a copy of 2 KiB into a ring of 8 MiB, and a
// publishing store. It is about the least that a tracer can do that keeps what it is given.
#pragma once

#include <cstddef>

namespace llmtrace::bench {

void run_reference(std::size_t times);

}  // namespace llmtrace::bench
