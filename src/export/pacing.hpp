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
  using Wait = std::optional<std::chrono::milliseconds>;

  Pacing(const RetryOptions& options, std::minstd_rand random) noexcept;

  void succeeded() noexcept;

  // The wait before the next try. `asked` is the peer's Retry-After, a lower bound when positive.
  [[nodiscard]] std::chrono::milliseconds failed(Wait asked) noexcept;

  // The service has failed on the same items time after time, and it is now searched which of them it is.
  void begin_search() noexcept;

  // As failed(), of such items. It is they that are at fault and not the service, so some in a row are not
  // taken for an outage: few while the service takes nothing at all, more when it has.
  [[nodiscard]] std::chrono::milliseconds failed_in_search(Wait asked) noexcept;

  // The shutdown: what was before does not count any more.
  void begin_anew() noexcept;

  // The service answered something else as it should, not many failures ago.
  [[nodiscard]] bool is_up() const noexcept { return answered_well_ && spared_ > 0; }

  [[nodiscard]] bool open() const noexcept { return failures_ >= options_.breaker_threshold; }

 private:
  [[nodiscard]] std::chrono::milliseconds jittered_backoff() noexcept;
  [[nodiscard]] std::chrono::milliseconds random_up_to(std::chrono::milliseconds limit) noexcept;

  RetryOptions options_;
  std::minstd_rand random_;
  std::uint32_t failures_ = 0;
  std::uint32_t spared_ = 0;  // how many of a search are not counted any more
  bool answered_well_ = false;
};

}  // namespace llmtrace::exporting
