#include "export/console_figures.hpp"

#include <array>
#include <charconv>
#include <string_view>

namespace llmtrace::exporting {
namespace {

// Not printf: that follows the host's locale.
std::string fixed(double value, int decimals) {
  std::array<char, 400> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals).ptr;
  return {text.data(), end};
}

std::string three_digits(double value, std::string_view unit) {
  return fixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0).append(unit);
}

std::string two_units(std::int64_t large, char large_unit, std::int64_t small, char small_unit) {
  std::string text = std::to_string(large) + large_unit + ' ';
  if (small < 10) text += '0';
  return text + std::to_string(small) + small_unit;
}

std::string count_or_unknown(std::int64_t count) { return count < 0 ? "?" : std::to_string(count); }

}  // namespace

std::string readable_duration(std::int64_t nanoseconds, bool unicode) {
  constexpr std::int64_t second = 1'000'000'000;
  const auto value = static_cast<double>(nanoseconds);
  if (nanoseconds < 1'000) return std::to_string(nanoseconds) + " ns";
  if (value < 999'500) return three_digits(value / 1e3, unicode ? " µs" : " us");
  if (value < 999'500'000) return three_digits(value / 1e6, " ms");
  if (nanoseconds < 60 * second) return three_digits(value / 1e9, " s");
  const std::int64_t minutes = nanoseconds / (60 * second);
  if (minutes < 60) return two_units(minutes, 'm', nanoseconds / second % 60, 's');
  return two_units(minutes / 60, 'h', minutes % 60, 'm');
}

std::string readable_tokens(std::int64_t input, std::int64_t output, bool unicode) {
  return count_or_unknown(input) + (unicode ? "→" : "->") + count_or_unknown(output) + " tok";
}

std::string readable_cost(double usd) {
  const int decimals = usd == 0 || usd >= 1 ? 2 : usd >= 0.001 ? 4 : 6;
  std::string text = "$";  // not "$" + …: of that g++ 12 warns without reason
  return text += fixed(usd, decimals);
}

}  // namespace llmtrace::exporting
