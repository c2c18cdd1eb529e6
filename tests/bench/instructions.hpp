// User-space instructions: by the processor's counter where the machine lets us at it, else in a run of their
// own, step by step (stepping.hpp) or under valgrind.
#pragma once

#include "child_process.hpp"

#include <cstdint>
#include <optional>

namespace llmtrace::bench {

enum class CountedThreads { this_one, also_new_ones };

// The processor's counter, from the construction on.
class InstructionCounter {
 public:
  explicit InstructionCounter(CountedThreads threads) noexcept;
  InstructionCounter(const InstructionCounter&) = delete;
  InstructionCounter& operator=(const InstructionCounter&) = delete;
  ~InstructionCounter();

  // Nothing on a machine without a counter.
  [[nodiscard]] std::optional<std::uint64_t> count() const noexcept;

 private:
  int descriptor_ = -1;
};

[[nodiscard]] bool has_instruction_counter();

enum class CountedCode { whole_program, counted_section };

// Runs `loop`, alone, as the section that valgrind counts.
void run_counted_section(void (*loop)(std::size_t), std::size_t times);

// What `command` executes; nothing without valgrind.
[[nodiscard]] std::optional<double> instructions_under_valgrind(const ChildProcess::Command& command,
                                                                CountedCode code);

}  // namespace llmtrace::bench
