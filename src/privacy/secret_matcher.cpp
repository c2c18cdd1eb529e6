#include "privacy/secret_matcher.hpp"

#include "privacy/char_class.hpp"
#include "privacy/clue.hpp"
#include "privacy/named_value.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace llmtrace::privacy {
namespace {

// A token that begins like this and goes on like that is a key of a provider.
struct Prefix {
  std::string_view text;
  Alphabet alphabet;
  std::size_t least;         // characters behind the prefix
  bool needs_digit = false;  // where words of a language could look like it
};

// By their first letter; longer ones first, where one begins like another.
constexpr Prefix prefixes[] = {
    {"AIza", Alphabet::dashed, 20},      {"AKIA", Alphabet::upper_alnum, 12},
    {"ASIA", Alphabet::upper_alnum, 12}, {"SG.", Alphabet::dotted, 20},
    {"ghp_", Alphabet::alnum, 16},       {"gho_", Alphabet::alnum, 16},
    {"ghs_", Alphabet::alnum, 16},       {"ghr_", Alphabet::alnum, 16},
    {"ghu_", Alphabet::alnum, 16},       {"github_pat_", Alphabet::word, 16},
    {"glpat-", Alphabet::dashed, 10},    {"gsk_", Alphabet::alnum, 16},
    {"hf_", Alphabet::alnum, 16},        {"lsv2_", Alphabet::word, 16},
    {"nvapi-", Alphabet::dashed, 16},    {"npm_", Alphabet::alnum, 20},
    {"pk_live_", Alphabet::word, 8},     {"pk_test_", Alphabet::word, 8},
    {"pplx-", Alphabet::alnum, 16},      {"rk_live_", Alphabet::word, 8},
    {"rk_test_", Alphabet::word, 8},     {"r8_", Alphabet::alnum, 20},
    {"sk-proj-", Alphabet::dashed, 8},   {"sk-ant-", Alphabet::dashed, 8},
    {"sk-or-", Alphabet::dashed, 8},     {"sk-svcacct-", Alphabet::dashed, 8},
    {"sk-admin-", Alphabet::dashed, 8},  {"sk-lf-", Alphabet::dashed, 8},
    {"sk-", Alphabet::dashed, 16, true}, {"sk_live_", Alphabet::word, 8},
    {"sk_test_", Alphabet::word, 8},     {"whsec_", Alphabet::base64, 16},
    {"xoxa-", Alphabet::dashed, 8},      {"xoxb-", Alphabet::dashed, 8},
    {"xoxe-", Alphabet::dashed, 8},      {"xoxe.", Alphabet::dotted, 8},
    {"xoxo-", Alphabet::dashed, 8},      {"xoxp-", Alphabet::dashed, 8},
    {"xoxr-", Alphabet::dashed, 8},      {"xoxs-", Alphabet::dashed, 8},
    {"xapp-", Alphabet::dashed, 8},      {"xai-", Alphabet::dashed, 16, true},
    {"ya29.", Alphabet::dashed, 16},
};

// Not in the middle of a word; behind "%20" and its like a word begins.
bool begins_word(const Subject& subject, std::size_t at) noexcept {
  if (at == 0 || !is_alnum(subject.at(at - 1))) return true;
  return at >= 3 && subject.at(at - 3) == '%' && is_hex(subject.at(at - 2)) && is_hex(subject.at(at - 1));
}

bool has_digit(std::string_view text) noexcept { return std::any_of(text.begin(), text.end(), is_digit); }

// Sentences end with a dot, and a word may be followed by a dash.
std::size_t without_punctuation(std::string_view text, std::size_t begin, std::size_t end) noexcept {
  while (end > begin && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  return end;
}

Match match_prefix(Subject& subject, std::size_t at, const Prefix& prefix) noexcept {
  const std::string_view text = subject.text;
  // most are told apart by their last character
  if (subject.at(at + prefix.text.size() - 1) != prefix.text.back()) return {};
  if (text.substr(at, prefix.text.size()) != prefix.text || !begins_word(subject, at)) return {};
  const std::size_t body = at + prefix.text.size();
  const std::size_t end = run_end(text, body, prefix.alphabet);
  const std::size_t size = end - body;
  if (subject.ends_in_cut(end)) return {at, end, Finding::key};
  const std::string_view looked_at = text.substr(body, size);
  subject.work += size;
  if (size < prefix.least) return {};
  if (prefix.needs_digit && !has_digit(looked_at)) {
    subject.resume = end;
    return {};
  }
  return {at, std::max(without_punctuation(text, body, end), body), Finding::key};
}

// Where the prefixes with a first letter lie in the table, in which they stand together.
struct Group {
  std::uint8_t first = 0;
  std::uint8_t last = 0;
};
constexpr std::array<Group, 128> make_groups() {
  std::array<Group, 128> made{};
  for (std::size_t i = 0; i < std::size(prefixes); ++i) {
    Group& group = made[static_cast<unsigned char>(prefixes[i].text[0])];
    if (group.last == 0) group.first = static_cast<std::uint8_t>(i);
    group.last = static_cast<std::uint8_t>(i + 1);
  }
  return made;
}
constexpr std::array<Group, 128> groups = make_groups();

Match match_prefix_at(Subject& subject, std::size_t at) noexcept {
  const auto letter = static_cast<unsigned char>(subject.at(at));
  if (letter >= groups.size()) return {};
  for (std::size_t i = groups[letter].first; i < groups[letter].last; ++i)
    if (const Match match = match_prefix(subject, at, prefixes[i]); match.found()) return match;
  return {};
}

// The clue may stand inside of a longer prefix: `gsk_` holds the clue of `sk_`.
Match match_prefixes(Subject& subject, std::size_t from, std::size_t clue_at, std::size_t back) noexcept {
  subject.work += 16;
  for (const std::size_t before : {back, back + 1}) {
    if (clue_at < from + before) continue;
    if (const Match match = match_prefix_at(subject, clue_at - before); match.found()) return match;
  }
  return {};
}

// The two halves of an AWS key tend to stand beside each other; the second has no form of its own.
Match with_aws_secret(Subject& subject, const Match& id) noexcept {
  constexpr std::size_t secret_size = 40;
  constexpr std::size_t most_between = 8;
  const std::string_view text = subject.text;
  const auto in_secret = [](char c) { return is_alnum(c) || c == '/' || c == '+'; };
  std::size_t at = id.end;
  while (at < text.size() && at < id.end + most_between && !in_secret(text[at])) ++at;
  std::size_t end = at;
  while (end < text.size() && end - at <= secret_size && in_secret(text[end])) ++end;
  subject.work += end - id.end;
  const bool is_whole = end - at == secret_size;
  const bool is_begun = at > id.end && subject.ends_in_cut(end) && end - at >= secret_size / 4;
  return is_whole || is_begun ? Match{id.begin, end, id.what} : id;
}

Match match_jwt(Subject& subject, std::size_t at) noexcept {
  constexpr std::size_t least_part = 8;
  const std::string_view text = subject.text;
  // also stops runs like eyJeyJeyJ… from being read again and again
  if (at > 0 && belongs_to(text[at - 1], Alphabet::dashed) && !begins_word(subject, at)) return {};
  std::size_t end = run_end(text, at, Alphabet::dashed);
  std::size_t parts = end - at >= least_part ? 1 : 0;
  while (parts != 0 && subject.at(end) == '.') {
    const std::size_t next = run_end(text, end + 1, Alphabet::dashed);
    if (next - end - 1 < (parts < 2 ? least_part : 1)) break;
    end = next;
    ++parts;
  }
  if (parts >= 2 || (subject.ends_in_cut(end) && end - at > 3)) return {at, end, Finding::token};
  subject.work += end - at;
  subject.resume = end;
  return {};
}

// From "-----BEGIN " to the end of the line that ends it; where none does, to the end of the text.
Match match_pem(Subject& subject, std::size_t at) noexcept {
  constexpr std::string_view dashes = "-----";
  constexpr std::size_t longest_label = 64;
  const std::string_view text = subject.text;
  if (text.substr(at, dashes.size()) != dashes) return {};
  if (!text.substr(at + dashes.size()).starts_with("BEGIN ")) return {};
  const std::size_t label_end =
      text.substr(0, std::min(text.size(), at + longest_label)).find(dashes, at + 11);
  subject.work += longest_label;
  if (label_end == std::string_view::npos && !subject.ends_in_cut(text.size())) return {};
  if (label_end == std::string_view::npos)
    return text.size() - at <= longest_label ? Match{at, text.size(), Finding::pem} : Match{};
  const std::size_t end_mark = text.find("-----END ", label_end);
  if (end_mark == std::string_view::npos) return {at, text.size(), Finding::pem};
  const std::size_t close = text.find(dashes, end_mark + dashes.size());
  const bool is_closed = close != std::string_view::npos && close - end_mark <= longest_label;
  return {at, is_closed ? close + dashes.size() : text.size(), Finding::pem};
}

// "Bearer " and a token, but not "bearer certificates".
Match match_bearer(Subject& subject, std::size_t at) noexcept {
  constexpr std::string_view word = "bearer";
  constexpr std::size_t least = 8;
  constexpr std::size_t longest_word = 15;
  const std::string_view text = subject.text;
  if (!starts_folded(text.substr(at), word) || !begins_word(subject, at)) return {};
  std::size_t begin = at + word.size();
  if (text.substr(begin).starts_with("%20")) begin += 3;
  while (is_blank(subject.at(begin)) && begin < at + 16) ++begin;
  if (begin == at + word.size()) return {};
  const std::size_t end = run_end(text, begin, Alphabet::base64);
  const std::string_view token = text.substr(begin, end - begin);
  const bool is_word = token.size() <= longest_word && std::all_of(token.begin(), token.end(), [](char c) {
                         return is_letter(c) || c == '.';
                       });
  subject.work += 16;
  if (end > begin && subject.ends_in_cut(end)) return {begin, end, Finding::token};
  if (token.size() < least || is_word) return {};
  return {begin, without_punctuation(text, begin, end), Finding::token};
}

// scheme://user:password@host
Match match_url(Subject& subject, std::size_t at) noexcept {
  constexpr std::size_t longest = 512;
  const std::string_view text = subject.text;
  const std::size_t begin = at + 3;
  std::size_t colon = Match::none;
  std::size_t end = begin;
  for (; end < text.size() && end - begin < longest; ++end) {
    const char c = text[end];
    if (c == '@') break;
    if (c == ':' && colon == Match::none) colon = end;
    if (c == '/' || c == '?' || c == '#' || c == '"' || c == '<' || static_cast<unsigned char>(c) <= ' ')
      break;
  }
  subject.work += end - begin;
  const bool is_password = subject.at(end) == '@' || end - begin == longest;
  if (colon == Match::none || end <= colon + 1 || !is_password) return {};
  return {colon + 1, end, Finding::secret};
}

Match match_clue(Subject& subject, const Escapes& escapes, const Clue& clue, std::size_t from) noexcept {
  if (clue.kind == ClueKind::prefix) {
    const Match match = match_prefixes(subject, from, clue.at, clue.back);
    const bool is_aws = match.found() && subject.text.substr(match.begin + 1, 3) == "KIA";
    return is_aws ? with_aws_secret(subject, match) : match;
  }
  if (clue.at < from + clue.back) return {};
  const std::size_t at = clue.at - clue.back;
  switch (clue.kind) {
    case ClueKind::jwt: return match_jwt(subject, at);
    case ClueKind::pem: return match_pem(subject, at);
    case ClueKind::bearer: return match_bearer(subject, at);
    case ClueKind::url: return match_url(subject, at);
    case ClueKind::name: return match_named_value(subject, escapes, from, at);
    case ClueKind::prefix:
    case ClueKind::escape: break;
  }
  return {};
}

}  // namespace

Match next_secret(Subject& subject, ClueSearch& clues, const Escapes& escapes, std::size_t from) noexcept {
  for (std::size_t at = from; !subject.is_exhausted();) {
    const Clue clue = clues.next(at);
    if (!clue.found()) return {};
    const Match match = match_clue(subject, escapes, clue, from);
    if (match.found() && match.end > match.begin) return match;
    at = std::max(clue.at + 1, subject.resume);
    subject.work += 6;
  }
  return {};
}

}  // namespace llmtrace::privacy
