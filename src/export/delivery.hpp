#pragma once

#include "export/encoded_batch.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

namespace llmtrace::exporting {

// How delivery is tried. The defaults keep a ten-minute outage under 30 requests and resume within
// half a minute of its end.
struct RetryOptions {
  std::chrono::milliseconds initial_backoff{500};
  std::chrono::milliseconds max_backoff{30'000};  // also the cap on a Retry-After
  std::chrono::milliseconds max_retry_age{15 * 60'000};
  std::chrono::milliseconds request_timeout{10'000};
  std::chrono::milliseconds connect_timeout{3'000};
  std::uint32_t breaker_threshold = 5;  // consecutive failures
  std::chrono::milliseconds breaker_cool_down{28'000};
  std::chrono::milliseconds breaker_jitter{4'000};  // added to each cool-down at random
  std::uint32_t server_error_tries = 3;             // of a 500, before the batch is halved
};

// Items by how they ended. Each submitted item is counted exactly once.
struct Tally {
  std::uint64_t accepted = 0;   // acknowledged by the service
  std::uint64_t rejected = 0;   // refused by the service, or never accepted even alone
  std::uint64_t expired = 0;    // older than max_retry_age
  std::uint64_t abandoned = 0;  // left at shutdown
};

struct Settled {
  std::array<Tally, 2> by_kind;

  [[nodiscard]] Tally& of(EncodedBatch::Kind kind) noexcept {
    return by_kind[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] const Tally& of(EncodedBatch::Kind kind) const noexcept {
    return by_kind[static_cast<std::size_t>(kind)];
  }
};

enum class Warning : std::uint8_t {
  unreachable,      // no connection, a timeout, or nothing was sent for our own reasons
  overloaded,       // 408, 429, 502, 503, 504
  server_error,     // 500 and other 5xx
  unusable_reply,   // 2xx without the JSON of the service, as a captive portal gives
  refused,          // 4xx: the whole batch is lost
  redirected,       // 3xx: a wrong URL
  too_large,        // one item alone is more than the service takes
  partly_rejected,  // some items of an accepted batch
  expired,
};

// Called on the worker thread; repeated kinds are thinned out by the receiver.
using WarnFunction = std::function<void(Warning, std::string_view)>;

}  // namespace llmtrace::exporting
