#include "collector/store/sqlite/background.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace llmtrace::collector::sqlite {

// On Linux the number of a thread stands for that thread alone.
void step_back() noexcept {
  constexpr int niceness = 10;
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);
}

}  // namespace llmtrace::collector::sqlite
