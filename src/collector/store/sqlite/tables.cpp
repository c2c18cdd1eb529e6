#include "collector/store/sqlite/tables.hpp"

namespace llmtrace::collector::sqlite {

void add_to_series(Tables& tables, const TraceRow& row, std::int64_t times) {
  const Figures figures = row.figures();
  const auto add = [&](SeriesKind kind, std::int64_t facet) {
    tables.rollups.add({row.project, kind, facet}, row.shown.start_time, figures, times);
  };
  add(SeriesKind::traces, 0);
  if (row.shown.name && !row.shown.name->empty())
    add(SeriesKind::traces_by_name, tables.facets.find(row.project, FacetKind::name, *row.shown.name).id);
  if (row.user_id && !row.user_id->empty())
    add(SeriesKind::traces_by_user, tables.facets.find(row.project, FacetKind::user, *row.user_id).id);
}

}  // namespace llmtrace::collector::sqlite
