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
void install_text_function(Reader& reader);

class FilterSql {
 public:
  FilterSql(const Question& question, const Filter& filter);
  FilterSql(const FilterSql&) = delete;
  FilterSql& operator=(const FilterSql&) = delete;
  ~FilterSql();

  [[nodiscard]] const SqlText& condition() const noexcept { return condition_; }
  // A facet that all matching traces have, and that few have: the place to begin. Nothing when none is rare.
  [[nodiscard]] std::optional<std::int64_t> rare_facet() const noexcept { return rare_facet_; }
  // All traces that can match, when a search has found only a few.
  [[nodiscard]] const std::optional<std::vector<std::int64_t>>& few() const noexcept { return few_; }
  [[nodiscard]] bool text_complete() const noexcept { return text_complete_; }

 private:
  [[nodiscard]] SqlText translate(const Filter& filter, bool required);
  [[nodiscard]] SqlText join(const std::vector<Filter>& parts, const char* by, const char* none,
                             bool required);
  [[nodiscard]] SqlText translate(const TextCondition& condition, bool required);
  [[nodiscard]] SqlText translate(const FullTextCondition& condition, bool required);
  [[nodiscard]] SqlText trace_ids(const TextCondition& condition);
  void prefer(const FacetIds& facets);

  const Question& question_;
  SqlText condition_;
  std::optional<std::int64_t> rare_facet_;
  std::int64_t rare_facet_traces_ = 0;
  std::optional<std::vector<std::int64_t>> few_;
  bool text_complete_ = true;
};

}  // namespace llmtrace::collector::sqlite
