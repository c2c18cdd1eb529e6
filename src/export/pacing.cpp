#include "export/pacing.hpp"

#include <algorithm>
#include <limits>

namespace llmtrace::exporting {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest{1};
constexpr milliseconds longest = std::chrono::hours{24 * 365};
constexpr std::uint32_t most_doublings = 20;

}  // namespace

RetryOptions sanitized(RetryOptions options) noexcept {
  options.max_backoff = std::clamp(options.max_backoff, shortest, longest);
  options.initial_backoff = std::clamp(options.initial_backoff, shortest, options.max_backoff);
  options.max_retry_age = std::clamp(options.max_retry_age, milliseconds::zero(), longest);
  options.request_timeout = std::clamp(options.request_timeout, shortest, longest);
  options.connect_timeout = std::clamp(options.connect_timeout, shortest, longest);
  options.breaker_cool_down = std::clamp(options.breaker_cool_down, shortest, longest);
  options.breaker_jitter = std::clamp(options.breaker_jitter, milliseconds::zero(), longest);
  options.breaker_threshold = std::max(options.breaker_threshold, 1U);
  options.server_error_tries = std::max(options.server_error_tries, 1U);
  return options;
}

Pacing::Pacing(const RetryOptions& options, std::minstd_rand random) noexcept
    : options_(sanitized(options)), random_(random) {}

milliseconds Pacing::failed(std::optional<milliseconds> asked) noexcept {
  if (failures_ < std::numeric_limits<std::uint32_t>::max()) ++failures_;
  const auto wanted = asked.value_or(milliseconds::zero());
  if (open()) {
    const auto cool_down = options_.breaker_cool_down + random_up_to(options_.breaker_jitter);
    return std::max(cool_down, wanted);
  }
  // an asked wait of zero (or a date in the past) must not become a tight loop
  return wanted > milliseconds::zero() ? wanted : jittered_backoff();
}

milliseconds Pacing::jittered_backoff() noexcept {
  const auto doublings = std::min(failures_ - 1, most_doublings);
  const auto growth = std::int64_t{1} << doublings;
  const bool beyond = options_.initial_backoff > options_.max_backoff / growth;
  return random_up_to(beyond ? options_.max_backoff : options_.initial_backoff * growth);
}

milliseconds Pacing::random_up_to(milliseconds limit) noexcept {
  return milliseconds{std::uniform_int_distribution<std::int64_t>{0, limit.count()}(random_)};
}

}  // namespace llmtrace::exporting
