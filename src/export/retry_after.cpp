#include "export/retry_after.hpp"

#include "net/http_date.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace llmtrace::exporting {
namespace {

using std::chrono::milliseconds;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

milliseconds clamped_seconds(std::int64_t seconds, milliseconds max) {
  if (seconds <= 0) return milliseconds::zero();
  if (seconds > max.count() / 1000) return max;
  return std::chrono::seconds{seconds};
}

// "-5" and 2^63 are numbers, only silly ones: they are clamped, not ignored.
std::optional<milliseconds> parse_seconds(std::string_view text, milliseconds max) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return {};
  if (error == std::errc::result_out_of_range) {
    return text.front() == '-' ? milliseconds::zero() : max;
  }
  return clamped_seconds(seconds, max);
}

std::optional<milliseconds> parse_date(std::string_view text, std::chrono::system_clock::time_point date,
                                       milliseconds max) {
  const auto until = net::parse_http_date(text);
  if (!until) return std::nullopt;
  if (*until <= date) return milliseconds::zero();
  // in whole seconds: the difference of extreme dates overflows nanoseconds
  using std::chrono::floor;
  using std::chrono::seconds;
  const auto wait = floor<seconds>(until->time_since_epoch()) - floor<seconds>(date.time_since_epoch());
  return clamped_seconds(wait.count(), max);
}

}  // namespace

std::optional<milliseconds> parse_retry_after(std::string_view text,
                                              std::chrono::system_clock::time_point date,
                                              milliseconds max) noexcept {
  text = trimmed(text);
  if (text.empty()) return std::nullopt;
  const auto limit = std::max(max, milliseconds::zero());
  if (const auto wait = parse_seconds(text, limit)) return wait;
  return parse_date(text, date, limit);
}

}  // namespace llmtrace::exporting
