#include "collector/store/sqlite/trace_eraser.hpp"

#include "collector/store/sqlite/column_values.hpp"
#include "collector/store/sqlite/fields.hpp"

namespace llmtrace::collector::sqlite {
namespace {

std::string columns() {
  ColumnNames names;
  for (const char* name : {"id", "start_time", "end_time", "status"}) names.add(name);
  const SpanFields<std::string> none;
  zip_span_row(none, none, names);
  return names.list;
}

}  // namespace

TraceEraser::TraceEraser(Database& database, Tables& tables, ProjectTable& projects)
    : tables_{tables},
      projects_{projects},
      spans_{database, "SELECT " + columns() + " FROM spans WHERE trace=?"},
      delete_io_{database, "DELETE FROM span_io WHERE id=?"},
      delete_spans_{database, "DELETE FROM spans WHERE trace=?"},
      delete_trace_{database, "DELETE FROM traces WHERE id=?"},
      delete_trace_io_{database, "DELETE FROM trace_io WHERE id=?"} {}

void TraceEraser::erase(const TraceRow& row) {
  take_out_spans(row);
  add_to_series(tables_, row, -1);
  for (const FacetRef& facet : row.facets) tables_.facets.detach(facet, row.shown.start_time, row.id);
  ProjectGrowth& growth = projects_.growth(row.project);
  growth.traces -= 1;
  growth.sums.spans -= row.sums.spans;
  growth.sums.errors -= row.sums.errors;
  growth.sums.tokens_input -= row.sums.tokens_input;
  growth.sums.tokens_output -= row.sums.tokens_output;
  growth.sums.cost -= row.sums.cost;
  delete_spans_.bind(1, row.id).run();
  delete_trace_.bind(1, row.id).run();
  delete_trace_io_.bind(1, row.id).run();
}

void TraceEraser::take_out_spans(const TraceRow& row) {
  const StatementUse from{spans_};
  from->bind(1, row.id);
  while (from->step()) {
    SpanFields<std::string> span;
    std::int64_t id = 0;
    ReadColumns read{spans_, 0};
    read("", id);
    read("", span.start_time);
    read("", span.end_time);
    read("", span.status);
    zip_span_row(span, span, read);
    if (const auto series = model_series(tables_.facets, row.project, span))
      tables_.rollups.add(*series, *span.start_time, share_of(span).figures(), -1);
    delete_io_.bind(1, id).run();
  }
}

}  // namespace llmtrace::collector::sqlite
