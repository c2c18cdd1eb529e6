#include "export/pacing.hpp"

#include <algorithm>
#include <limits>

namespace llmtrace::exporting {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest{1};
constexpr milliseconds longest = std::chrono::hours{24 * 365};
constexpr std::uint32_t most_doublings = 20;

// Two bad items in different halves cost three failures before anything is accepted. With those of the whole
// batch, and those that open the breaker, an outage in which all is answered by 500 still costs fewer than 30
// requests in ten minutes.
constexpr std::uint32_t spared_at_first = 4;
// Eight bad items beside each other cost 14 failures in a row.
constexpr std::uint32_t spared_after_success = 16;

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

void Pacing::succeeded() noexcept {
  failures_ = 0;
  spared_ = spared_after_success;
  answered_well_ = true;
}

void Pacing::begin_search() noexcept {
  spared_ = open() ? 0 : spared_at_first;
  answered_well_ = false;
}

void Pacing::begin_anew() noexcept {
  failures_ = 0;
  begin_search();
}

milliseconds Pacing::failed_in_search(Wait asked) noexcept {
  if (spared_ == 0) return failed(asked);
  --spared_;
  const auto wanted = asked.value_or(milliseconds::zero());
  return wanted > milliseconds::zero() ? wanted : random_up_to(options_.initial_backoff);
}

milliseconds Pacing::failed(Wait asked) noexcept {
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
