// A filter as a condition in SQL on a row `t` of traces, of which it uses only columns of the index
// traces_by_start.
#pragma once

#include "collector/query/filter.hpp"
#include "collector/store/sqlite/question.hpp"
#include "collector/store/sqlite/sql_text.hpp"
#include "collector/store/sqlite/text_matcher.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace llmtrace::collector::sqlite {

// Makes the function by which SQL asks the matchers of the running question. Once for each connection.
void install_match_function(Reader& reader);

class FilterSql {
 public:
  // A page ends soon where matches are frequent; when all rows are read, a set of those that match is worth
  // making.
  enum class Reads : bool { a_page, all_rows };
  FilterSql(const Question& question, const Filter& filter, Reads reads);
  FilterSql(const FilterSql&) = delete;
  FilterSql& operator=(const FilterSql&) = delete;
  ~FilterSql();

  [[nodiscard]] const SqlText& condition() const noexcept { return condition_; }
  // Where the rows `t` come from: the few that a search has found, those that have a rare facet, or all. The
  // condition holds for them only. `start` and `row` are what to order by and to bound.
  struct Source {
    SqlText sql;  // ends in a condition
    const char* start = "t.start_time";
    const char* row = "t.id";
  };
  [[nodiscard]] Source source() const;
  [[nodiscard]] bool text_complete() const noexcept { return text_complete_; }

 private:
  [[nodiscard]] SqlText translate(const Filter& filter, bool required);
  [[nodiscard]] SqlText join(const std::vector<Filter>& parts, const char* by, const char* none,
                             bool required);
  [[nodiscard]] SqlText translate(const TextCondition& condition, bool required);
  [[nodiscard]] SqlText translate(const FullTextCondition& condition, bool required);
  [[nodiscard]] SqlText matched_by(std::unique_ptr<RowTest> matcher);
  [[nodiscard]] SqlText trace_ids(const TextCondition& condition);
  void consider(const Filter& filter);
  void consider(const TextCondition& condition);
  [[nodiscard]] bool is_common(std::int64_t traces) const;

  const Question& question_;
  const bool reads_all_;
  SqlText condition_;
  std::optional<std::int64_t> rare_facet_;  // which all matching traces have
  std::int64_t rare_facet_traces_ = 0;
  bool compares_numbers_ = false;
  std::optional<std::vector<std::int64_t>> few_;
  bool text_complete_ = true;
};

}  // namespace llmtrace::collector::sqlite
