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

// A multiplicative generator over 128 bits, of which the upper 64 are drawn: seven instructions. Seeded from
// the kernel for each thread and again after a fork, so that neither threads nor processes of a fleet walk
// the same stretch of its period of 2^126.
struct IdGenerator {
  __extension__ using Wide = unsigned __int128;

  std::uint64_t state[2] = {1, 0};  // low, high; the low one odd

  std::uint64_t next() noexcept {
    Wide product = (Wide{state[1]} << 64 | state[0]) * 0xda942042e4dd58b5ULL;
    state[0] = static_cast<std::uint64_t>(product);
    state[1] = static_cast<std::uint64_t>(product >> 64);
    return state[1];
  }

  std::uint64_t next_nonzero() noexcept {
    std::uint64_t value = next();
    while (LLMTRACE_UNLIKELY(value == 0)) value = next();
    return value;
  }
};

}  // namespace detail

LLMTRACE_END_NAMESPACE
