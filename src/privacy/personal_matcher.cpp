#include "privacy/personal_matcher.hpp"

#include "privacy/char_class.hpp"
#include "privacy/number_checks.hpp"
#include "privacy/number_run.hpp"

#include <algorithm>
#include <array>

namespace llmtrace::privacy {
namespace {

// Bytes at which something may be found; all others are passed over.
constexpr std::array<bool, 256> make_interesting() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : {'@', ':', '%'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> interesting = make_interesting();

bool is_local_part(char c) noexcept {
  return is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-' || c == '\'';
}
bool is_domain_part(char c) noexcept {
  return is_alnum(c) || c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

class PersonalSearch {
 public:
  PersonalSearch(Subject& subject, std::size_t from) noexcept : subject_{subject}, from_{from}, at_{from} {}

  Match next() noexcept {
    for (pass_over(); at_ < size() && !subject_.is_exhausted(); pass_over())
      if (const Match match = look(subject_.text[at_]); match.found()) return match;
    return {};
  }

 private:
  [[nodiscard]] std::size_t size() const noexcept { return subject_.text.size(); }
  [[nodiscard]] bool begins_word() const noexcept {
    return at_ == from_ || !is_alnum(subject_.text[at_ - 1]);
  }

  // To the next place at which something may begin. Of a word's letters only the first is one.
  void pass_over() noexcept {
    for (; at_ < size(); ++at_) {
      const char c = subject_.text[at_];
      if (interesting[static_cast<unsigned char>(c)] && (!is_letter(c) || begins_word())) return;
    }
  }

  // Moves on behind what it has looked at when that is nothing.
  Match look(char c) noexcept {
    if (c == '@') return email(at_ + 1);
    if (c == '%') return subject_.text.substr(at_, 3) == "%40" ? email(at_ + 3) : step();
    if (c == ':') return ipv6();
    if (is_digit(c)) return numbers();
    return iban();
  }
  Match move_to(std::size_t at) noexcept {
    at_ = at;
    return {};
  }
  Match step() noexcept { return move_to(at_ + 1); }

  Match email(std::size_t domain) noexcept {
    constexpr std::size_t longest_local = 64;
    constexpr std::size_t longest_domain = 255;
    std::size_t begin = at_;
    // behind "%40" a percent sign is another escape, and no part of the name
    const bool is_escaped = subject_.text[at_] == '%';
    const auto belongs = [&](char c) { return is_local_part(c) && !(is_escaped && c == '%'); };
    while (begin > from_ && at_ - begin < longest_local && belongs(subject_.text[begin - 1])) --begin;
    while (begin < at_ && (subject_.text[begin] == '.' || subject_.text[begin] == '\'')) ++begin;
    if (begin == at_) return move_to(domain);
    std::size_t end = domain;
    bool has_dot = false;
    for (; end < size() && end - domain < longest_domain && is_domain_part(subject_.text[end]); ++end)
      has_dot = has_dot || subject_.text[end] == '.';
    subject_.work += at_ - begin + end - domain;
    if (subject_.ends_in_cut(end)) return {begin, end, Finding::email};
    const std::size_t trimmed = has_dot ? domain_end(domain, end) : domain;
    return trimmed > domain ? Match{begin, trimmed, Finding::email} : move_to(domain);
  }

  // Without the punctuation of a sentence; `domain` when there is no dot, or no top level behind it.
  [[nodiscard]] std::size_t domain_end(std::size_t domain, std::size_t end) const noexcept {
    while (end > domain && (subject_.text[end - 1] == '.' || subject_.text[end - 1] == '-')) --end;
    const std::string_view name = subject_.text.substr(domain, end - domain);
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return domain;
    const std::string_view top = name.substr(dot + 1);
    const bool is_top = top.size() >= 2 && !std::all_of(top.begin(), top.end(), is_digit);
    return is_top ? end : domain;
  }

  Match ipv6() noexcept {
    constexpr std::size_t longest = 64;
    const auto belongs = [](char c) { return is_hex(c) || c == ':' || c == '.'; };
    std::size_t begin = at_;
    while (begin > from_ && at_ - begin < 5 && is_hex(subject_.text[begin - 1])) --begin;
    std::size_t end = at_;
    while (end < size() && belongs(subject_.text[end])) ++end;
    subject_.work += at_ - begin + (end - at_);
    std::size_t trimmed = end;
    while (trimmed > begin && (subject_.text[trimmed - 1] == '.' ||
                               (subject_.text[trimmed - 1] == ':' && subject_.at(trimmed - 2) != ':')))
      --trimmed;
    const bool stands_alone =
        (begin == from_ || !is_alnum(subject_.text[begin - 1])) && !is_alnum(subject_.at(end));
    const std::string_view found = subject_.text.substr(begin, trimmed - begin);
    const auto colons = std::count(subject_.text.begin() + static_cast<std::ptrdiff_t>(at_),
                                   subject_.text.begin() + static_cast<std::ptrdiff_t>(end), ':');
    const bool is_begun = subject_.ends_in_cut(end) && colons >= 3;
    if (stands_alone && found.size() <= longest && (is_begun || is_ipv6(found)))
      return {begin, is_begun ? end : trimmed, Finding::ip};
    at_ = std::max(end, at_ + 1);
    return {};
  }

  Match iban() noexcept {
    const std::string_view text = subject_.text;
    if (!is_letter(subject_.at(at_ + 1)) || !is_digit(subject_.at(at_ + 2)) ||
        !is_digit(subject_.at(at_ + 3)))
      return step();
    const std::size_t wanted = iban_length(text[at_], text[at_ + 1]);
    std::array<char, 34> compact{};
    std::size_t count = 0;
    std::size_t end = at_;
    while (end < size() && count < wanted) {
      const bool is_gap = (text[end] == ' ' || text[end] == '-') && is_alnum(subject_.at(end + 1));
      if (!is_gap && !is_alnum(text[end])) break;
      if (!is_gap) compact[count++] = text[end];
      ++end;
    }
    subject_.work += end - at_ + count;
    const bool is_begun = wanted != 0 && count >= 8 && subject_.ends_in_cut(end);
    const bool is_whole = wanted != 0 && count == wanted && !is_alnum(subject_.at(end)) &&
                          has_valid_iban_check({compact.data(), count});
    return is_begun || is_whole ? Match{at_, end, Finding::iban} : step();
  }

  Match numbers() noexcept {
    if (continues_word()) return skip_digits();
    const NumberRun run{subject_, from_, at_};
    const Match match = run.find();
    if (!match.found()) at_ = std::max(run.end(), at_ + 1);
    return match;
  }
  // As in "x12" or in a version, "v1.2.3.4".
  [[nodiscard]] bool continues_word() const noexcept {
    if (at_ == from_) return false;
    const char before = subject_.text[at_ - 1];
    return is_alnum(before) || before == '_' ||
           (before == '.' && at_ > from_ + 1 && is_digit(subject_.text[at_ - 2]));
  }
  Match skip_digits() noexcept {
    while (at_ < size() && is_digit(subject_.text[at_])) ++at_;
    return {};
  }

  Subject& subject_;
  const std::size_t from_;
  std::size_t at_;
};

}  // namespace

Match next_personal(Subject& subject, std::size_t from) noexcept {
  return PersonalSearch{subject, from}.next();
}

}  // namespace llmtrace::privacy
