#include "runtime/environment.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace llmtrace::runtime {

std::optional<std::string> Environment::get(const char* name) const {
  const char* value = read_ ? std::getenv(name) : nullptr;
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string{value};
}

std::optional<bool> parse_bool(const std::string& text) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "true" || lower == "1" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "0" || lower == "no" || lower == "off") return false;
  return std::nullopt;
}

std::optional<std::uint64_t> parse_count(const std::string& text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::optional<double> parse_rate(const std::string& text) {
  const auto rate = parse_amount(text);
  return rate && *rate <= 1 ? rate : std::nullopt;
}

std::optional<double> parse_amount(const std::string& text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || !(number >= 0) || std::isinf(number)) return std::nullopt;
  return number;
}

std::optional<RedactMode> parse_redact_mode(const std::string& text) {
  if (text == "off") return RedactMode::off;
  if (text == "secrets") return RedactMode::secrets;
  if (text == "pii") return RedactMode::pii;
  return std::nullopt;
}

}  // namespace llmtrace::runtime
