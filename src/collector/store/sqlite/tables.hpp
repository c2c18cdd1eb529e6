// The tables that a write keeps in step with each other. Used by the writer only.
#pragma once

#include "collector/store/sqlite/facets.hpp"
#include "collector/store/sqlite/rollups.hpp"
#include "collector/store/sqlite/span_table.hpp"
#include "collector/store/sqlite/trace_table.hpp"

namespace llmtrace::collector::sqlite {

struct Tables {
  explicit Tables(Database& database)
      : spans{database}, traces{database}, facets{database}, rollups{database} {}

  SpanTable spans;
  TraceTable traces;
  Facets facets;
  Rollups rollups;
};

// The series in which a span counts, if any: it needs a model and a start.
template <class Text>
[[nodiscard]] std::optional<Rollups::Series> model_series(Facets& facets, std::int64_t project,
                                                          const SpanFields<Text>& span) {
  const std::optional<Text>& model = span.model ? span.model : span.response_model;
  if (!model || model->empty() || !span.start_time) return std::nullopt;
  return Rollups::Series{project, SeriesKind::spans_by_model,
                         facets.find(project, FacetKind::model, *model).id};
}

// The series in which a trace counts.
void add_to_series(Tables& tables, const TraceRow& row, std::int64_t times);

}  // namespace llmtrace::collector::sqlite
