#pragma once

#include "export/delivery.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace llmtrace::exporting {

// Options with every value in the range that the arithmetic of delivery can take.
[[nodiscard]] RetryOptions sanitized(RetryOptions options) noexcept;

// Decides how long a sender waits after a failure: exponential back-off with full jitter at first,
// and from `breaker_threshold` failures in a row on one probe per cool-down. One success closes it.
class Pacing {
 public:
  Pacing(const RetryOptions& options, std::minstd_rand random) noexcept;

  void succeeded() noexcept { failures_ = 0; }

  // The wait before the next try. `asked` is the peer's Retry-After, a lower bound when positive.
  [[nodiscard]] std::chrono::milliseconds failed(std::optional<std::chrono::milliseconds> asked) noexcept;

  [[nodiscard]] bool open() const noexcept { return failures_ >= options_.breaker_threshold; }

 private:
  [[nodiscard]] std::chrono::milliseconds jittered_backoff() noexcept;
  [[nodiscard]] std::chrono::milliseconds random_up_to(std::chrono::milliseconds limit) noexcept;

  RetryOptions options_;
  std::minstd_rand random_;
  std::uint32_t failures_ = 0;
};

}  // namespace llmtrace::exporting
