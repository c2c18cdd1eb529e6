// Decides for single traces whether they contain what is searched for: by the index where it has got to, by
// reading the trace where it has not, or where the order of words counts.
#pragma once

#include "collector/query/filter.hpp"
#include "collector/store/sqlite/question.hpp"
#include "collector/store/sqlite/text_fold.hpp"
#include "collector/store/sqlite/texts.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace llmtrace::collector::sqlite {

class TextMatcher : public RowTest {
 public:
  // Asks the index. Throws SqliteError.
  TextMatcher(const Question& question, const FullTextCondition& condition);

  [[nodiscard]] bool matches(std::int64_t trace) override;

  // All traces that can match, when they are few; sorted.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> few() const;
  // False: of what has just arrived only the newest part is searched.
  [[nodiscard]] bool complete() const noexcept { return complete_; }

 private:
  void find_tail(Database& database, const TextProgress& indexed);
  [[nodiscard]] bool reads(std::int64_t trace);

  std::vector<Word> words_;
  bool phrase_;
  bool everywhere_ = false;            // there is no index, or nothing to look for
  std::vector<std::int64_t> indexed_;  // traces, sorted
  std::vector<std::int64_t> tail_;     // traces that have changed since, sorted
  bool complete_ = true;
  Texts texts_;
};

}  // namespace llmtrace::collector::sqlite
