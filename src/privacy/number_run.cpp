#include "privacy/number_run.hpp"

#include "privacy/char_class.hpp"
#include "privacy/number_checks.hpp"

#include <algorithm>

namespace llmtrace::privacy {
namespace {

bool is_separator(char c) noexcept {
  return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')';
}

// The first group of a card's number is the whole of it, or has four digits.
bool may_begin_card(std::string_view group) noexcept {
  return (group.size() == 4 || group.size() >= 13) && group[0] >= '2' && group[0] <= '6';
}

}  // namespace

NumberRun::NumberRun(Subject& subject, std::size_t from, std::size_t at) noexcept
    : subject_{subject}, from_{from}, end_{at} {
  read(at);
  subject_.work += end_ - at;
}

void NumberRun::read(std::size_t at) noexcept {
  while (count_ < most_groups) {
    std::size_t end = at;
    while (is_digit(subject_.at(end))) ++end;
    end_ = end;
    const char next = subject_.at(end);
    if (is_letter(next) || next == '_') return;  // no number but a word with digits in it
    groups_[count_++] = {at, end};
    const std::size_t following = next_group(end);
    has_dots_ = has_dots_ || next == '.';
    if (following == end) return;
    at = following;
  }
}

// Where the digits begin behind one or two separators; `end` when the run is over.
std::size_t NumberRun::next_group(std::size_t end) const noexcept {
  std::size_t at = end;
  while (at < end + 2 && is_separator(subject_.at(at))) ++at;
  return at > end && is_digit(subject_.at(at)) ? at : end;
}

std::string_view NumberRun::digits(const Group& group) const noexcept {
  return subject_.text.substr(group.begin, group.size());
}

std::string_view NumberRun::between(std::size_t i) const noexcept {
  if (i == 0 || i >= count_) return {};
  return subject_.text.substr(groups_[i - 1].end, groups_[i].begin - groups_[i - 1].end);
}

bool NumberRun::is_joined(std::size_t i, std::string_view by) const noexcept {
  const std::string_view found = between(i);
  return !found.empty() && found == by;
}

Match NumberRun::groups(std::size_t first, std::size_t last, Finding what) const noexcept {
  return {with_opening(first), groups_[last].end, what};
}

// With the plus or the bracket before the first group.
std::size_t NumberRun::with_opening(std::size_t i) const noexcept {
  std::size_t begin = groups_[i].begin;
  while (begin > from_ && (subject_.text[begin - 1] == '+' || subject_.text[begin - 1] == '(')) --begin;
  return begin;
}

Match NumberRun::find() const noexcept {
  constexpr std::size_t least_digits = 7;
  std::size_t size = 0;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    size += groups_[i].size();
    longest = std::max(longest, groups_[i].size());
  }
  if (size < least_digits && count_ < 4 && !subject_.is_cut) return {};
  if (const Match match = phone_at_front(); match.found()) return match;
  if (longest < 3 && !has_dots_ && !subject_.is_cut) return {};
  for (std::size_t i = 0; i < count_; ++i)
    if (const Match match = find_at(i); match.found()) return match;
  return {};
}

// What cannot be is not tried: texts may be full of short numbers.
Match NumberRun::find_at(std::size_t i) const noexcept {
  const std::size_t size = groups_[i].size();
  Match match;
  if (size <= 3 && is_joined(i + 1, ".")) match = ipv4(i);
  if (!match.found() && size >= least_card_group) match = card(i);
  if (!match.found() && size == 3) match = ssn(i);
  if (!match.found() && (size == 3 || size == 1)) match = north_american(i);
  if (!match.found() && subject_.is_cut) match = cut_number(i);
  return match;
}

Match NumberRun::ipv4(std::size_t i) const noexcept {
  if (i + 3 >= count_ || is_joined(i, ".")) return {};
  for (std::size_t k = i; k <= i + 3; ++k) {
    if (k > i && !is_joined(k, ".")) return {};
    const std::string_view part = digits(groups_[k]);
    if (part.size() > 3 || (part.size() == 3 && part > "255")) return {};
  }
  if (is_joined(i + 4, ".")) return {};
  return {groups_[i].begin, groups_[i + 3].end, Finding::ip};
}

// In one group, or in groups that are all joined by a blank or all by a dash. Digits behind a decimal point
// are none.
Match NumberRun::card(std::size_t i) const noexcept {
  constexpr std::size_t least_card = 13;
  constexpr std::size_t longest = 19;
  if (!may_begin_card(digits(groups_[i])) || is_joined(i, ".")) return {};
  std::array<char, longest> all;
  std::size_t size = 0;
  const std::string_view joint = between(i + 1);
  for (std::size_t k = i; k < count_; ++k) {
    if (k > i && (between(k) != joint || (joint != " " && joint != "-"))) return {};
    const std::string_view part = digits(groups_[k]);
    if (part.size() < least_card_group || size + part.size() > longest) return {};
    std::copy(part.begin(), part.end(), all.begin() + static_cast<std::ptrdiff_t>(size));
    size += part.size();
    if (size < least_card) continue;
    subject_.work += size;
    if (is_card_number({all.data(), size})) return {groups_[i].begin, groups_[k].end, Finding::card};
  }
  return {};
}

Match NumberRun::ssn(std::size_t i) const noexcept {
  if (i + 2 >= count_ || groups_[i + 1].size() != 2 || groups_[i + 2].size() != 4) return {};
  if (!is_joined(i + 1, "-") || !is_joined(i + 2, "-")) return {};
  const std::string_view area = digits(groups_[i]);
  if (area.size() != 3 || area == "000" || area == "666" || area[0] == '9') return {};
  if (between(i).ends_with('-') || between(i + 3).starts_with('-')) return {};
  return {groups_[i].begin, groups_[i + 2].end, Finding::ssn};
}

// A plus stands before the first group only, and groups of a longer number may begin with a zero.
Match NumberRun::phone_at_front() const noexcept {
  if (count_ == 0) return {};
  const Match match = international(0);
  return match.found() ? match : national(0);
}

// "+49 30 901820", "0049 30 901820".
Match NumberRun::international(std::size_t i) const noexcept {
  constexpr std::size_t least = 7;
  constexpr std::size_t most = 15;
  const std::size_t begin = groups_[i].begin;
  const bool has_plus = begin > from_ && subject_.text[begin - 1] == '+' &&
                        (begin < from_ + 2 || !is_alnum(subject_.text[begin - 2]));
  const std::string_view first = digits(groups_[i]);
  const bool has_zeros = i == 0 && first.starts_with("00") && first.size() > 3 && first[2] != '0' &&
                         (first.size() < 6 || first.size() > 10);
  if (!has_plus && !has_zeros) return {};
  std::size_t size = 0;
  std::size_t last = i;
  for (std::size_t k = i; k < count_ && size + groups_[k].size() <= most + (has_zeros ? 2 : 0); ++k) {
    size += groups_[k].size();
    last = k;
  }
  const bool is_begun = size >= 3 && subject_.ends_in_cut(groups_[last].end);
  return size >= least || is_begun ? groups(i, last, Finding::phone) : Match{};
}

// "(555) 123-4567", "1-555-123-4567", "555.123.4567".
Match NumberRun::north_american(std::size_t i) const noexcept {
  const bool has_country = digits(groups_[i]) == "1" && i + 3 < count_;
  const std::size_t area = has_country ? i + 1 : i;
  if (area + 2 >= count_ || groups_[area + 2].size() != 4) return {};
  if (groups_[area].size() != 3 || groups_[area + 1].size() != 3) return {};
  if (is_joined(i, ".") || is_joined(i, "-")) return {};
  const auto is_joint = [](std::string_view joint) {
    return joint == "-" || joint == "." || joint == " " || joint == ") " || joint == ")" || joint == ")-";
  };
  if (!is_joint(between(area + 1)) || !is_joint(between(area + 2)) || is_joined(area + 3, ".")) return {};
  // blanks alone join numbers of any kind
  const bool is_loose = between(area + 1) == " " && between(area + 2) == " ";
  if (is_loose && digits(groups_[area])[0] < '2') return {};
  return groups(i, area + 2, Finding::phone);
}

// "030 901820", "06 12 34 56 78"; but no date.
Match NumberRun::national(std::size_t i) const noexcept {
  constexpr std::size_t least = 9;
  constexpr std::size_t most = 12;
  const std::string_view first = digits(groups_[i]);
  if (first.size() < 2 || first.size() > 6 || first[0] != '0' || first[1] == '0') return {};
  std::size_t size = first.size();
  std::size_t last = i;
  for (std::size_t k = i + 1; k < count_ && size + groups_[k].size() <= most; ++k) {
    if (between(k) == "." || groups_[k].size() < 2) break;
    size += groups_[k].size();
    last = k;
  }
  const bool is_date =
      first.size() == 2 && last >= i + 2 && groups_[i + 1].size() == 2 && groups_[i + 2].size() == 4;
  return last > i && size >= least && !is_date ? groups(i, last, Finding::phone) : Match{};
}

// The rest was cut off: what could be the beginning of a card's or a phone's number is taken for it.
Match NumberRun::cut_number(std::size_t i) const noexcept {
  constexpr std::size_t least = 6;
  if (!subject_.ends_in_cut(groups_[count_ - 1].end) || is_joined(i, ".")) return {};
  std::size_t size = 0;
  for (std::size_t k = i; k < count_; ++k) size += groups_[k].size();
  const std::size_t begin = with_opening(i);
  const bool is_begun = size >= least || begin < groups_[i].begin;
  return is_begun && size <= 19 ? Match{begin, groups_[count_ - 1].end, Finding::phone} : Match{};
}

}  // namespace llmtrace::privacy
