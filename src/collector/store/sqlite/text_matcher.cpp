#include "collector/store/sqlite/text_matcher.hpp"

#include <algorithm>
#include <iterator>

namespace llmtrace::collector::sqlite {
namespace {

constexpr std::int64_t most_tail_rows = 20'000;
constexpr std::size_t few_traces = 2000;

void sort_unique(std::vector<std::int64_t>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

bool holds(const std::vector<std::int64_t>& sorted, std::int64_t value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

// Words that a script without spaces has been split into must stand together again.
bool asks_for_order(const FullTextCondition& condition, const std::vector<Word>& words) {
  if (words.size() < 2) return false;
  if (condition.phrase) return true;
  const auto spaces = static_cast<std::size_t>(std::count(condition.text.begin(), condition.text.end(), ' '));
  return words.size() > spaces + 1;
}

}  // namespace

TextMatcher::TextMatcher(const Question& question, const FullTextCondition& condition)
    : words_{words_of(condition.text)},
      phrase_{asks_for_order(condition, words_)},
      texts_{question.database()} {
  everywhere_ = question.text_index == nullptr || words_.empty();
  if (everywhere_) return;
  TextIndex::Found found = question.text_index->search(words_, question.reader.deadline);
  indexed_ = std::move(found.traces);
  find_tail(question.database(), found.up_to);
}

bool TextMatcher::matches(std::int64_t trace) {
  if (words_.empty()) return false;
  if (everywhere_) return reads(trace);
  if (holds(tail_, trace)) return reads(trace);
  return holds(indexed_, trace) && (!phrase_ || reads(trace));
}

std::optional<std::vector<std::int64_t>> TextMatcher::few() const {
  if (words_.empty()) return std::vector<std::int64_t>{};
  if (everywhere_ || indexed_.size() + tail_.size() > few_traces) return std::nullopt;
  std::vector<std::int64_t> both;
  std::set_union(indexed_.begin(), indexed_.end(), tail_.begin(), tail_.end(), std::back_inserter(both));
  return both;
}

void TextMatcher::find_tail(Database& database, const TextProgress& indexed) {
  const auto read = [&](const char* sql, std::int64_t after) {
    Statement row{database, sql};
    row.bind(1, after).bind(2, most_tail_rows);
    std::int64_t count = 0;
    for (; row.step(); ++count) tail_.push_back(row.integer(0));
    if (count == most_tail_rows) complete_ = false;
  };
  read("SELECT trace FROM spans WHERE id>? ORDER BY id DESC LIMIT ?", indexed.last_span);
  read("SELECT id FROM traces WHERE id>? ORDER BY id DESC LIMIT ?", indexed.last_trace);
  read("SELECT trace FROM text_changes WHERE id>? ORDER BY id DESC LIMIT ?", indexed.last_change);
  sort_unique(tail_);
}

bool TextMatcher::reads(std::int64_t trace) {
  std::vector<bool> found(words_.size(), false);
  bool all = false;
  texts_.trace(trace, [&](std::string_view text) {
    if (phrase_) {
      all = contains_phrase(text, words_);
    } else {
      for (std::size_t i = 0; i < words_.size(); ++i) found[i] = found[i] || contains_word(text, words_[i]);
      all = std::all_of(found.begin(), found.end(), [](bool one) { return one; });
    }
    return !all;
  });
  return all;
}

}  // namespace llmtrace::collector::sqlite
