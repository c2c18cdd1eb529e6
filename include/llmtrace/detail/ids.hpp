// W3C identifiers as integers, and the generator each thread draws them from.
#pragma once

#include <llmtrace/fwd.hpp>

LLMTRACE_BEGIN_NAMESPACE

struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  [[nodiscard]] constexpr bool valid() const noexcept { return (high | low) != 0; }
  friend constexpr bool operator==(TraceId a, TraceId b) noexcept {
    return a.high == b.high && a.low == b.low;
  }
  friend constexpr bool operator!=(TraceId a, TraceId b) noexcept { return !(a == b); }
};

struct SpanId {
  std::uint64_t value = 0;

  [[nodiscard]] constexpr bool valid() const noexcept { return value != 0; }
  friend constexpr bool operator==(SpanId a, SpanId b) noexcept { return a.value == b.value; }
  friend constexpr bool operator!=(SpanId a, SpanId b) noexcept { return !(a == b); }
};

namespace detail {

// xoshiro256++: seeded with 256 bits from the kernel for each thread and again after a fork, so that neither
// threads nor processes of a fleet can walk the same sequence.
struct IdGenerator {
  std::uint64_t state[4] = {1, 2, 3, 4};

  static constexpr std::uint64_t rotate(std::uint64_t x, int by) noexcept {
    return (x << by) | (x >> (64 - by));
  }

  std::uint64_t next() noexcept {
    const std::uint64_t result = rotate(state[0] + state[3], 23) + state[0];
    const std::uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
  }

  std::uint64_t next_nonzero() noexcept {
    std::uint64_t value = next();
    while (LLMTRACE_UNLIKELY(value == 0)) value = next();
    return value;
  }
};

}  // namespace detail

LLMTRACE_END_NAMESPACE
