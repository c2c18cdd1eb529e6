// US dollars as an exact whole number of femtodollars (1e-15 USD): a table's price of a single token is a
// whole number of them, so sums of parts add up and nothing is lost to a binary fraction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::llm {

struct Money {
  static constexpr std::int64_t per_dollar = 1'000'000'000'000'000;

  std::int64_t femtodollars = 0;

  [[nodiscard]] double dollars() const noexcept {
    return static_cast<double>(femtodollars) / static_cast<double>(per_dollar);
  }
  friend constexpr bool operator==(const Money&, const Money&) noexcept = default;
};

// The shortest exact decimal: "0.000042", "-1.5", "0".
[[nodiscard]] std::string to_decimal(Money money);

// Reads a JSON number ("0.1", "6.25e-05") times 10^`exponent`. Digits beyond a femtodollar are rounded half
// up; nothing when it is no number or beyond what Money holds (about 9,223 USD).
[[nodiscard]] std::optional<Money> parse_money(std::string_view decimal, int exponent = 0) noexcept;

// Nothing when the sum or the product is beyond what Money holds.
[[nodiscard]] std::optional<Money> add(Money a, Money b) noexcept;
[[nodiscard]] std::optional<Money> multiply(Money each, std::uint64_t count) noexcept;

}  // namespace llmtrace::llm
