// What happens to the whole process and reaches its tracers: exit, fork, and the unloading of our module.
#pragma once

namespace llmtrace::runtime {

// With the lock of life() held, once the HTTP library is set up if it is used: exit handlers run in reverse,
// and ours must be younger than its own. False when there is no memory for it.
[[nodiscard]] bool prepare_this_process(bool http) noexcept;

}  // namespace llmtrace::runtime
