#include "llm/prices/name_pattern.hpp"

#include <algorithm>
#include <cstddef>

namespace llmtrace::llm {
namespace {

constexpr std::size_t longest_pattern = 256;

bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }
char lower(char byte) noexcept { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte; }
bool same(char a, char b) noexcept { return lower(a) == lower(b); }

// Length of the item at the front: one byte's worth of pattern, or a group; 0 when there is none.
std::size_t item_length(std::string_view pattern) noexcept {
  switch (pattern.front()) {
    case '\\': return pattern.size() >= 2 ? 2 : 0;
    case '[': {
      const std::size_t end = pattern.find(']', 2);
      return end == std::string_view::npos ? 0 : end + 1;
    }
    case '(': {
      if (!pattern.starts_with("(?:")) return 0;
      const std::size_t end = pattern.find(')');
      const bool literal = pattern.substr(3, end - 3).find_first_of("([{\\*+?.^$") == std::string_view::npos;
      return end == std::string_view::npos || !literal ? 0 : end + 1;
    }
    case '*':
    case '+':
    case '?':
    case '{':
    case ')':
    case '|': return 0;
    default: return 1;
  }
}

bool in_class(std::string_view set, char byte) noexcept {
  for (std::size_t i = 0; i < set.size(); ++i) {
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    if (range ? lower(byte) >= lower(set[i]) && lower(byte) <= lower(set[i + 2]) : same(set[i], byte))
      return true;
    if (range) i += 2;
  }
  return false;
}

bool matches_one(std::string_view item, char byte) noexcept {
  if (item == ".") return true;
  if (item == "\\d") return is_digit(byte);
  if (item.front() == '\\') return same(item[1], byte);
  if (item.front() == '[') return in_class(item.substr(1, item.size() - 2), byte);
  return same(item.front(), byte);
}

// "{8}" behind an item; takes it off.
std::size_t take_repetition(std::string_view& pattern) noexcept {
  if (!pattern.starts_with('{')) return 1;
  const std::size_t end = pattern.find('}');
  if (end == std::string_view::npos || end < 2 || end > 3) return 0;
  std::size_t count = 0;
  for (const char digit : pattern.substr(1, end - 1)) {
    if (!is_digit(digit)) return 0;
    count = count * 10 + static_cast<std::size_t>(digit - '0');
  }
  pattern.remove_prefix(end + 1);
  return count;
}

bool matches_here(std::string_view pattern, std::string_view name) noexcept {
  while (!pattern.empty()) {
    if (pattern == "$") return name.empty();
    const std::size_t length = item_length(pattern);
    if (length == 0) return false;
    const std::string_view item = pattern.substr(0, length);
    pattern.remove_prefix(length);
    if (item.front() == '(') {
      // the alternatives are literals, so the first that fits and lets the rest fit is enough
      std::string_view choices = item.substr(3, item.size() - 4);
      while (true) {
        const std::size_t bar = std::min(choices.find('|'), choices.size());
        const std::string_view literal = choices.substr(0, bar);
        const bool fits =
            name.size() >= literal.size() && std::equal(literal.begin(), literal.end(), name.begin(), same);
        if (fits && matches_here(pattern, name.substr(literal.size()))) return true;
        if (bar == choices.size()) return false;
        choices.remove_prefix(bar + 1);
      }
    }
    const std::size_t count = take_repetition(pattern);
    if (count == 0 || name.size() < count) return false;
    if (!std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(count),
                     [&](char byte) { return matches_one(item, byte); })) {
      return false;
    }
    name.remove_prefix(count);
  }
  return true;
}

}  // namespace

bool is_name_pattern(std::string_view pattern) noexcept {
  if (pattern.size() > longest_pattern) return false;
  if (pattern.starts_with('^')) pattern.remove_prefix(1);
  // more groups than one would make the steps grow with their product
  if (std::count(pattern.begin(), pattern.end(), '(') > 1) return false;
  while (!pattern.empty() && pattern != "$") {
    const std::size_t length = item_length(pattern);
    if (length == 0) return false;
    pattern.remove_prefix(length);
    if (take_repetition(pattern) == 0) return false;
  }
  return true;
}

bool matches_name_pattern(std::string_view pattern, std::string_view name) noexcept {
  if (!is_name_pattern(pattern)) return false;
  if (pattern.starts_with('^')) return matches_here(pattern.substr(1), name);
  for (std::size_t start = 0; start <= name.size(); ++start) {
    if (matches_here(pattern, name.substr(start))) return true;
  }
  return false;
}

}  // namespace llmtrace::llm
