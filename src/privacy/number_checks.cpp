#include "privacy/number_checks.hpp"

#include "privacy/char_class.hpp"

#include <algorithm>
#include <cstdint>

namespace llmtrace::privacy {
namespace {

bool passes_luhn(std::string_view digits) noexcept {
  unsigned sum = 0;
  bool is_doubled = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, is_doubled = !is_doubled) {
    const auto value = static_cast<unsigned>(*digit - '0') * (is_doubled ? 2u : 1u);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

unsigned leading(std::string_view digits, std::size_t count) noexcept {
  unsigned value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value * 10 + static_cast<unsigned>(digits[i] - '0');
  return value;
}

bool is_in(unsigned value, unsigned first, unsigned last) noexcept { return value >= first && value <= last; }

bool has_issuer(std::string_view digits) noexcept {
  const std::size_t size = digits.size();
  const unsigned two = leading(digits, 2);
  const unsigned three = leading(digits, 3);
  const unsigned four = leading(digits, 4);
  if (digits[0] == '4') return size == 13 || size == 16 || size == 19;
  if (is_in(two, 51, 55) || is_in(four, 2221, 2720)) return size == 16;
  if (two == 34 || two == 37) return size == 15;
  if (is_in(three, 300, 305) || two == 36 || two == 38 || two == 39) return size == 14 || size == 16;
  if (two == 35) return size == 16;
  return (four == 6011 || is_in(three, 644, 649) || two == 65 || two == 62 || two == 50 ||
          is_in(two, 56, 58) || two == 60 || two == 63 || two == 67) &&
         size >= 16;
}

struct CountryLength {
  char code[3];
  std::uint8_t length;
};

constexpr CountryLength iban_lengths[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24},
    {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18},
    {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27},
    {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27},
    {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20},
    {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MN", 20}, {"MR", 27},
    {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24}, {"PL", 28},
    {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24}, {"SC", 31},
    {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28},
    {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30},
};

bool is_ipv4_tail(std::string_view text) noexcept {
  int dots = 0;
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0) return false;
      digits = 0;
      ++dots;
    } else if (!is_digit(c) || ++digits > 3) {
      return false;
    }
  }
  return dots == 3 && digits != 0;
}

// Groups in a part without "::"; -1 when it is none.
int count_groups(std::string_view part, bool is_last) noexcept {
  int groups = 0;
  while (!part.empty()) {
    const std::size_t colon = std::min(part.find(':'), part.size());
    const std::string_view group = part.substr(0, colon);
    const bool ends_here = colon == part.size();
    if (ends_here && is_last && is_ipv4_tail(group)) return groups + 2;
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), is_hex)) return -1;
    ++groups;
    if (ends_here) break;
    part.remove_prefix(colon + 1);
    if (part.empty()) return -1;
  }
  return groups;
}

}  // namespace

bool is_card_number(std::string_view digits) noexcept {
  return digits.size() >= 13 && digits.size() <= 19 && has_issuer(digits) && passes_luhn(digits);
}

std::size_t iban_length(char first, char second) noexcept {
  const auto upper = [](char c) { return is_lower(c) ? static_cast<char>(c - ('a' - 'A')) : c; };
  for (const CountryLength& country : iban_lengths)
    if (country.code[0] == upper(first) && country.code[1] == upper(second)) return country.length;
  return 0;
}

bool has_valid_iban_check(std::string_view compact) noexcept {
  if (compact.size() < 5) return false;
  unsigned rest = 0;
  const auto add = [&rest](char c) {
    if (is_digit(c))
      rest = (rest * 10 + static_cast<unsigned>(c - '0')) % 97;
    else
      rest = (rest * 100 + static_cast<unsigned>(to_lower(c) - 'a') + 10) % 97;
  };
  for (const char c : compact.substr(4)) add(c);
  for (const char c : compact.substr(0, 4)) add(c);
  return rest == 1;
}

bool is_ipv6(std::string_view text) noexcept {
  constexpr int all_groups = 8;
  const std::size_t gap = text.find("::");
  if (!std::any_of(text.begin(), text.end(), is_digit)) return false;
  if (gap == std::string_view::npos) return count_groups(text, true) == all_groups;
  const int before = count_groups(text.substr(0, gap), false);
  const int behind = count_groups(text.substr(gap + 2), true);
  return before >= 0 && behind >= 0 && before + behind >= 1 && before + behind < all_groups;
}

}  // namespace llmtrace::privacy
