#include "privacy/text_redactor.hpp"

#include "privacy/clue.hpp"
#include "privacy/personal_matcher.hpp"
#include "privacy/secret_matcher.hpp"

#include <algorithm>
#include <array>

namespace llmtrace::privacy {
namespace {

// The next match of each kind of search, kept until the text before it has been passed.
class Findings {
 public:
  Findings(Subject& subject, std::string_view raw, const Escapes& escapes, const Rules& rules,
           RedactMode mode) noexcept
      : subject_{subject},
        raw_{raw, subject.is_cut},
        clues_{subject.text},
        escapes_{escapes},
        rules_{rules},
        mode_{mode} {}

  // The first at `from` or later, with everything that overlaps it.
  Match next(std::size_t from) noexcept {
    Match first;
    for (std::size_t i = 0; i < searches; ++i) {
      refresh(i, from);
      if (begins_earlier(found_[i], first)) first = found_[i];
    }
    if (!first.found()) return first;
    for (bool grown = true; grown;) {
      grown = false;
      for (const Match& other : found_) {
        if (!other.found() || other.begin >= first.end || other.end <= first.end) continue;
        first.end = other.end;
        grown = true;
      }
    }
    return first;
  }

 private:
  static constexpr std::size_t searches = 4;

  static bool begins_earlier(const Match& one, const Match& than) noexcept {
    return one.found() &&
           (!than.found() || one.begin < than.begin || (one.begin == than.begin && one.end > than.end));
  }
  void refresh(std::size_t search, std::size_t from) noexcept {
    if (is_over_[search] || (found_[search].found() && found_[search].begin >= from)) return;
    found_[search] = look(search, from);
    is_over_[search] = !found_[search].found();
  }
  Match look(std::size_t search, std::size_t from) noexcept {
    if (search == 0) return rules_.literals.next(subject_, from);
    if (search == 1)
      return mode_ != RedactMode::off ? next_secret(subject_, clues_, escapes_, from) : Match{};
    if (search == 2) return mode_ == RedactMode::pii ? next_personal(subject_, from) : Match{};
    return escapes_.empty() ? Match{} : next_raw_literal(from);
  }
  // What looks like an escape need not be one: a path of Windows may have the literal behind a backslash.
  Match next_raw_literal(std::size_t from) noexcept {
    Match match = rules_.literals.next(raw_, escapes_.raw_begin(from));
    if (!match.found()) return match;
    match.begin = std::max(from, escapes_.text_at(match.begin));
    match.end = escapes_.text_at(match.end - 1) + 1;
    return match;
  }

  Subject& subject_;
  Subject raw_;
  ClueSearch clues_;
  const Escapes& escapes_;
  const Rules& rules_;
  RedactMode mode_;
  std::array<Match, searches> found_{};
  std::array<bool, searches> is_over_{};
};

constexpr std::size_t cost_of_match = 8;  // of what is looked up and written for one

// Not to pile up what a search that gave up had written so far.
Outcome hide_all(core::ByteBuffer& out, std::size_t before) noexcept {
  out.truncate(before);
  out.append(replacement(Finding::failed));
  return Outcome::written;
}

}  // namespace

// One look over the bytes, without reading escapes. A clue need not be a secret.
bool TextRedactor::may_be_clean(std::string_view text) const noexcept {
  if (!rules_.literals.empty() || mode_ == RedactMode::pii) return false;
  return mode_ == RedactMode::off || !next_clue(text, 0).found();
}

Outcome TextRedactor::redact(std::string_view text, core::ByteBuffer& out) noexcept {
  if (text.empty() || may_be_clean(text)) return Outcome::unchanged;
  return search(text, out);
}

Outcome TextRedactor::search(std::string_view text, core::ByteBuffer& out) noexcept {
  const std::size_t before = out.size();
  if (!escapes_.decode(text)) return hide_all(out, before);
  Subject subject{escapes_.text(), is_cut_};
  Findings findings{subject, text, escapes_, rules_, mode_};
  std::size_t copied = 0;
  Match match = findings.next(0);
  for (; match.found() && !subject.is_exhausted(); match = findings.next(match.end)) {
    const std::size_t begin = std::max(escapes_.raw_begin(match.begin), copied);
    out.append(text.substr(copied, begin - copied));
    out.append(replacement(match.what));
    copied = std::max(escapes_.raw_end(match.end), begin);
    subject.work += cost_of_match;
  }
  last_work_ = subject.work;
  if (subject.is_exhausted()) return hide_all(out, before);
  if (copied == 0) return Outcome::unchanged;
  out.append(text.substr(copied));
  return Outcome::written;
}

}  // namespace llmtrace::privacy
