#include "llm/money.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <system_error>

namespace llmtrace::llm {
namespace {

constexpr int decimals = 15;
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }

// The digits of a number, and the power of ten that the last one stands for.
struct Decimal {
  bool negative = false;
  std::array<char, 40> digits{};
  std::size_t count = 0;
  int exponent = 0;
};

bool take_digits(std::string_view& text, Decimal& to, bool fraction) noexcept {
  bool any = false;
  while (!text.empty() && is_digit(text.front())) {
    any = true;
    const bool leading_zero = to.count == 0 && text.front() == '0';
    if (to.count < to.digits.size() && !leading_zero) {
      to.digits[to.count++] = text.front();
      if (fraction) --to.exponent;
    } else if (leading_zero) {
      if (fraction) --to.exponent;
    } else if (!fraction) {
      ++to.exponent;
    }
    text.remove_prefix(1);
  }
  return any;
}

std::optional<Decimal> parse(std::string_view text) noexcept {
  Decimal number;
  if (text.starts_with('-')) {
    number.negative = true;
    text.remove_prefix(1);
  }
  if (!take_digits(text, number, false)) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text, number, true)) return std::nullopt;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+')) text.remove_prefix(1);
    int power = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), power);
    if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
    if (power > 1000 || power < -1000) return std::nullopt;
    number.exponent += power;
    return number;
  }
  return text.empty() ? std::optional{number} : std::nullopt;
}

}  // namespace

std::optional<Money> parse_money(std::string_view decimal, int exponent) noexcept {
  auto number = parse(decimal);
  if (!number) return std::nullopt;
  int shift = number->exponent + exponent + decimals;  // digits × 10^shift femtodollars
  std::size_t kept = number->count;
  bool round_up = false;
  while (shift < 0 && kept != 0) {
    --kept;
    ++shift;
    round_up = number->digits[kept] >= '5';
  }
  if (shift < 0) return Money{};  // below the last digit, and nothing left to round
  std::int64_t value = 0;
  for (std::size_t i = 0; i < kept; ++i) {
    const int digit = number->digits[i] - '0';
    if (value > (largest - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  for (; shift > 0 && value != 0; --shift) {
    if (value > largest / 10) return std::nullopt;
    value *= 10;
  }
  if (round_up && value == largest) return std::nullopt;
  value += round_up ? 1 : 0;
  return Money{number->negative ? -value : value};
}

std::string to_decimal(Money money) {
  const bool negative = money.femtodollars < 0;
  const auto bits = static_cast<std::uint64_t>(money.femtodollars);
  const std::uint64_t magnitude = negative ? 0 - bits : bits;
  constexpr auto unit = static_cast<std::uint64_t>(Money::per_dollar);
  std::string text = (negative ? "-" : "") + std::to_string(magnitude / unit);
  const std::uint64_t rest = magnitude % unit;
  if (rest == 0) return text;
  const std::string fraction = std::to_string(rest);
  text += '.';
  text.append(decimals - fraction.size(), '0');
  text += fraction;
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

std::optional<Money> add(Money a, Money b) noexcept {
  Money sum;
  if (__builtin_add_overflow(a.femtodollars, b.femtodollars, &sum.femtodollars)) return std::nullopt;
  return sum;
}

std::optional<Money> multiply(Money each, std::uint64_t count) noexcept {
  Money product;
  if (__builtin_mul_overflow(each.femtodollars, count, &product.femtodollars)) return std::nullopt;
  return product;
}

}  // namespace llmtrace::llm
