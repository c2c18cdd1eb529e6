// For threads whose work nobody waits for.
#pragma once

namespace llmtrace::collector::sqlite {

// From now on the calling thread gets a tenth of the processor time of one that answers. Not less: it holds
// snapshots, and in memory its turn, while it works.
void step_back() noexcept;

}  // namespace llmtrace::collector::sqlite
