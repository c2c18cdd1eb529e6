#include "collector/store/sqlite/question.hpp"

#include "collector/store/sqlite/facets.hpp"
#include "collector/store/sqlite/sql_text.hpp"

#include <utility>

namespace llmtrace::collector::sqlite {
namespace {

constexpr std::int64_t most_facets = 500;

// The first text behind all that begin with `prefix`; empty when there is none.
std::string behind(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

std::optional<std::int64_t> known(std::int64_t sum, std::int64_t count) {
  return count > 0 ? std::optional{sum} : std::nullopt;
}

}  // namespace

std::int64_t find_project(Database& database, const std::string& name) {
  Statement row{database, "SELECT id FROM projects WHERE name=?"};
  row.bind(1, name);
  return row.step() ? row.integer(0) : 0;
}

bool has_expired_rows(const Question& question) {
  Statement oldest{question.database(), "SELECT received FROM traces ORDER BY id LIMIT 1"};
  return oldest.step() && oldest.integer(0) < question.visible_from;
}

StoredTrace stored_trace(TraceRow&& row) {
  const TraceRow::Sums& sums = row.sums;
  StoredTrace trace;
  trace.totals = {.span_count = sums.spans,
                  .error_count = sums.errors,
                  .open_count = sums.open,
                  .llm_count = sums.llm,
                  .tokens_input = known(sums.tokens_input, sums.tokens_input_known),
                  .tokens_output = known(sums.tokens_output, sums.tokens_output_known),
                  .cost = known(sums.cost, sums.cost_known),
                  .time_to_first_token = row.shown.first_token};
  trace.has_header = row.has_header;
  trace.received = row.received;
  trace.sequence = static_cast<std::uint64_t>(row.sequence);
  trace.input_preview = std::move(row.input_preview);
  trace.output_preview = std::move(row.output_preview);
  if (!row.root_span_id) row.root_span_id = row.derived.root;
  static_cast<TraceFields<std::string>&>(trace) = std::move(static_cast<TraceFields<std::string>&>(row));
  trace.name = std::move(row.shown.name);
  trace.start_time = row.shown.start_time;
  trace.end_time = row.shown.end_time;
  trace.duration = row.shown.duration;
  trace.status = row.shown.status;
  return trace;
}

FacetIds facet_ids(const Question& question, const TextCondition& condition) {
  FacetIds found;
  const auto kind = facet_kind(condition.field);
  if (!kind) return found;
  for (const std::string& value : condition.any_of) {
    const std::string wanted{facet_value(value)};
    SqlText query{"SELECT id,traces FROM facets WHERE project="};
    query.parameter(question.project) += " AND kind=";
    query.parameter(static_cast<std::int64_t>(*kind));
    if (condition.prefix) {
      (query += " AND value>=").parameter(wanted);
      if (const std::string end = behind(wanted); !end.empty()) (query += " AND value<").parameter(end);
    } else {
      (query += " AND value=").parameter(wanted);
    }
    (query += " LIMIT ").parameter(most_facets - static_cast<std::int64_t>(found.ids.size()));
    Statement row = query.prepare(question.database());
    while (row.step()) {
      found.ids.push_back(row.integer(0));
      found.traces += row.integer(1);
    }
  }
  return found;
}

}  // namespace llmtrace::collector::sqlite
