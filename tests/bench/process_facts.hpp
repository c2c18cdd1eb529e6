// What a process knows of itself.
#pragma once

namespace llmtrace::bench {

[[nodiscard]] double process_cpu_seconds();  // user and system, all threads
[[nodiscard]] double peak_memory_mb();
[[nodiscard]] double monotonic_seconds();  // the same clock in all processes

}  // namespace llmtrace::bench
