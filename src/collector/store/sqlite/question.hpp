// What every question has in common: a connection, the project it sees, and the arrivals it may see.
#pragma once

#include "collector/query/filter.hpp"
#include "collector/store/query.hpp"
#include "collector/store/sqlite/database.hpp"
#include "collector/store/sqlite/read_pool.hpp"
#include "collector/store/sqlite/text_index.hpp"
#include "collector/store/sqlite/trace_table.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace llmtrace::collector::sqlite {

struct Question {
  Reader& reader;
  std::int64_t project;  // 0 when there is none of that name
  UnixTime visible_from;
  TextIndex* text_index;  // nullptr without one

  [[nodiscard]] Database& database() const noexcept { return reader.database; }
};

[[nodiscard]] std::int64_t find_project(Database& database, const std::string& name);

// Whether rows that must not be seen are still there, of any project: then sums over all rows are not the
// answer.
[[nodiscard]] bool has_expired_rows(const Question& question);

[[nodiscard]] StoredTrace stored_trace(TraceRow&& row);

// The numbers of the facets that a condition means; at most as many as a statement can hold.
struct FacetIds {
  std::vector<std::int64_t> ids;
  std::int64_t traces = 0;  // how many have them, each counted as often as it has one
};
[[nodiscard]] FacetIds facet_ids(const Question& question, const TextCondition& condition);

}  // namespace llmtrace::collector::sqlite
