#include "instructions.hpp"

#include "stepping.hpp"
#include "temporary_file.hpp"

#include <cstdlib>
#include <fstream>
#include <linux/perf_event.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>

namespace llmtrace::bench {
namespace {

bool has_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders{path != nullptr ? path : ""};
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + '/' + name).c_str(), X_OK) == 0) return true;
  return false;
}

// Callgrind ends its log with "Collected : 123".
double collected_of(const std::filesystem::path& log) {
  std::ifstream in{log};
  for (std::string word; in >> word;) {
    if (word != "Collected") continue;
    double collected = 0;
    if (in >> word >> collected) return collected;
  }
  throw std::runtime_error("valgrind said nothing of instructions");
}

}  // namespace

InstructionCounter::InstructionCounter(CountedThreads threads) noexcept {
  perf_event_attr wanted{};
  wanted.size = sizeof wanted;
  wanted.type = PERF_TYPE_HARDWARE;
  wanted.config = PERF_COUNT_HW_INSTRUCTIONS;
  wanted.exclude_kernel = 1;
  wanted.exclude_hv = 1;
  wanted.inherit = threads == CountedThreads::also_new_ones ? 1 : 0;
  descriptor_ = static_cast<int>(::syscall(SYS_perf_event_open, &wanted, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

InstructionCounter::~InstructionCounter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<std::uint64_t> InstructionCounter::count() const noexcept {
  std::uint64_t counted = 0;
  if (descriptor_ < 0 || ::read(descriptor_, &counted, sizeof counted) != sizeof counted) return std::nullopt;
  return counted;
}

bool has_instruction_counter() {
  static const bool has_one = InstructionCounter{CountedThreads::this_one}.count().value_or(0) != 0;
  return has_one;
}

// valgrind is told this name. The empty statement keeps the call from becoming a jump, which it would not see
// return.
extern "C" [[gnu::noinline]] void llmtrace_bench_counted_section(void (*loop)(std::size_t),
                                                                 std::size_t times) {
  run_steppable(loop, times);
  asm volatile("");
}

void run_counted_section(void (*loop)(std::size_t), std::size_t times) {
  llmtrace_bench_counted_section(loop, times);
}

std::optional<double> instructions_under_valgrind(const ChildProcess::Command& command, CountedCode code) {
  if (!has_program("valgrind")) return std::nullopt;
  const TemporaryFile log;
  // It counts `rep movsb` once for every byte, the processor once: memcpy is to use plain moves.
  ChildProcess::Command counted{"env",
                                "GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=1073741824",
                                "valgrind",
                                "--tool=callgrind",
                                "--callgrind-out-file=/dev/null",
                                "--log-file=" + log.path().string()};
  if (code == CountedCode::counted_section)
    counted.push_back("--toggle-collect=llmtrace_bench_counted_section");
  counted.insert(counted.end(), command.begin(), command.end());
  run(counted);
  return collected_of(log.path());
}

}  // namespace llmtrace::bench
