#include "stepping.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <sstream>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace llmtrace::bench {

#if defined(__x86_64__)

namespace {

std::atomic<bool> is_wanted{false};  // relaxed: whoever exchanges it is the one

// Where the steps end.
[[gnu::noinline]] void end_of_section() { asm volatile(""); }

bool wait_for_trap(pid_t thread) {
  int status = 0;
  while (::waitpid(thread, &status, __WALL) < 0)
    if (errno != EINTR) return false;
  return WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}

std::uint64_t instruction_pointer(pid_t thread) {
  user_regs_struct registers{};
  return ::ptrace(PTRACE_GETREGS, thread, nullptr, &registers) == 0 ? registers.rip : 0;
}

// A repeated string instruction takes a step for each repetition without moving on.
std::optional<double> step_until(std::uint64_t end, pid_t thread) {
  double instructions = 0;
  std::uint64_t at = instruction_pointer(thread);
  while (at != end) {
    if (::ptrace(PTRACE_SINGLESTEP, thread, nullptr, nullptr) != 0 || !wait_for_trap(thread))
      return std::nullopt;
    const std::uint64_t now = instruction_pointer(thread);
    if (now != at) ++instructions;
    at = now;
  }
  return instructions;
}

}  // namespace

void have_next_section_stepped() noexcept { is_wanted.store(true, std::memory_order_relaxed); }

void run_steppable(void (*loop)(std::size_t), std::size_t times) {
  if (!is_wanted.exchange(false, std::memory_order_relaxed)) return loop(times);
  const bool is_traced = ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0;
  std::printf("%ld %llu\n", is_traced ? ::syscall(SYS_gettid) : 0L,
              static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(&end_of_section)));
  std::fflush(stdout);
  if (!is_traced) return;
  asm volatile("int3");
  loop(times);
  end_of_section();
}

std::optional<double> count_by_stepping(const ChildProcess::Command& command) {
  ChildProcess child{command};
  std::istringstream line{child.read_line()};
  pid_t thread = 0;
  std::uint64_t end = 0;
  line >> thread >> end;
  if (thread == 0 || !wait_for_trap(thread)) return std::nullopt;
  const std::optional<double> instructions = step_until(end, thread);
  ::ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
  static_cast<void>(child.wait());
  return instructions;
}

#else

void have_next_section_stepped() noexcept {}
void run_steppable(void (*loop)(std::size_t), std::size_t times) { loop(times); }
std::optional<double> count_by_stepping(const ChildProcess::Command&) { return std::nullopt; }

#endif

}  // namespace llmtrace::bench
