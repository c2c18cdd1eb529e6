// The clock that spans are stamped with: the time stamp counter where the kernel itself trusts it as its
// clock, else the monotonic clock.
#pragma once

#include "core/clock_map.hpp"
#include <llmtrace/detail/core.hpp>

namespace llmtrace::runtime {

[[nodiscard]] detail::ClockMode best_clock() noexcept;
// A map whose rate is known well enough from the start.
[[nodiscard]] core::ClockMap calibrated_map(const detail::TracerCore& tracer) noexcept;
// `context` is the TracerCore.
[[nodiscard]] core::ClockMap::Reading read_clock(void* context) noexcept;

}  // namespace llmtrace::runtime
