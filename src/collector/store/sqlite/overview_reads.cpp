#include "collector/store/sqlite/facets.hpp"
#include "collector/store/sqlite/reads.hpp"
#include "collector/store/sqlite/sql_text.hpp"

#include <algorithm>

namespace llmtrace::collector::sqlite {
namespace {

constexpr std::uint32_t most_values = 1000;
constexpr const char* total_columns = "traces,spans,errors,tokens_input,tokens_output,cost";

Totals read_total_columns(const Statement& row, int first) {
  return {.traces = row.integer(first),
          .spans = row.integer(first + 1),
          .errors = row.integer(first + 2),
          .tokens_input = row.integer(first + 3),
          .tokens_output = row.integer(first + 4),
          .cost = row.integer(first + 5)};
}

// Few at most: what is past its retention is deleted within seconds.
Totals expired_totals(const Question& question, std::int64_t project) {
  Statement row{
      question.database(),
      "SELECT count(*),sum(span_count),sum(error_count),sum(tokens_input),sum(tokens_output),sum(cost)"
      " FROM traces WHERE project=? AND id<(SELECT coalesce(min(id),9223372036854775807) FROM"
      " (SELECT id FROM traces WHERE received>=? ORDER BY id LIMIT 1))"};
  row.bind(1, project).bind(2, question.visible_from).step();
  return read_total_columns(row, 0);
}

void subtract(Totals& from, const Totals& totals) {
  from.traces -= totals.traces;
  from.spans -= totals.spans;
  from.errors -= totals.errors;
  from.tokens_input -= totals.tokens_input;
  from.tokens_output -= totals.tokens_output;
  from.cost -= totals.cost;
}

SqlText facets_sql(const Question& question, const FacetQuery& query, FacetKind kind) {
  // While expired rows are still there, the stored counts are too high.
  SqlText sql{"SELECT value,"};
  if (has_expired_rows(question))
    (sql +=
     "(SELECT count(*) FROM trace_facets x JOIN traces t ON t.id=x.trace WHERE x.facet=facets.id"
     " AND t.received>=")
        .parameter(question.visible_from) += ") AS visible";
  else
    sql += "traces AS visible";
  ((sql += " FROM facets WHERE project=").parameter(question.project) += " AND kind=")
      .parameter(static_cast<std::int64_t>(kind));
  if (!query.prefix.empty()) {
    ((sql += " AND substr(value,1,length(").parameter(query.prefix) += "))=").parameter(query.prefix);
  }
  sql += " AND visible>0 ORDER BY visible DESC,value LIMIT ";
  return sql.parameter(static_cast<std::int64_t>(std::clamp(query.limit, std::uint32_t{1}, most_values)));
}

}  // namespace

Answer<std::vector<FacetValue>> list_facets(const Question& question, const FacetQuery& query) {
  Answer<std::vector<FacetValue>> answer;
  const auto kind = facet_kind(query.field);
  if (!kind || question.project == 0) return answer;
  Transaction snapshot{question.database(), Transaction::Kind::read};
  const SqlText sql = facets_sql(question, query, *kind);
  Statement row = sql.prepare(question.database());
  while (row.step()) answer.value.push_back({std::string{row.text(0)}, row.integer(1)});
  return answer;
}

Totals read_totals(const Question& question) {
  Transaction snapshot{question.database(), Transaction::Kind::read};
  Statement row{question.database(), std::string{"SELECT "} + total_columns + " FROM projects WHERE id=?"};
  if (!row.bind(1, question.project).step()) return {};
  Totals totals = read_total_columns(row, 0);
  if (has_expired_rows(question)) subtract(totals, expired_totals(question, question.project));
  return totals;
}

std::vector<ProjectRow> list_projects(const Question& question) {
  Transaction snapshot{question.database(), Transaction::Kind::read};
  const bool expired = has_expired_rows(question);
  std::vector<ProjectRow> projects;
  Statement row{question.database(), std::string{"SELECT id,name,last_received,"} + total_columns +
                                         " FROM projects ORDER BY name"};
  while (row.step()) {
    ProjectRow project;
    project.project = row.text(1);
    project.last_received = row.optional_integer(2);
    project.totals = read_total_columns(row, 3);
    if (expired) subtract(project.totals, expired_totals(question, row.integer(0)));
    projects.push_back(std::move(project));
  }
  return projects;
}

}  // namespace llmtrace::collector::sqlite
