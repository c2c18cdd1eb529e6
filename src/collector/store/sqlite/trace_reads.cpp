#include "collector/store/sqlite/column_values.hpp"
#include "collector/store/sqlite/fields.hpp"
#include "collector/store/sqlite/reads.hpp"
#include "collector/store/sqlite/trace_table.hpp"

#include <utility>

namespace llmtrace::collector::sqlite {
namespace {

struct SpanColumns {
  std::string light;
  std::string heavy;
};

const SpanColumns& span_columns() {
  static const SpanColumns columns = [] {
    const SpanFields<std::string> none;
    ColumnNames light;
    for (const char* name :
         {"span_id", "start_time", "end_time", "duration", "status", "input_bytes", "output_bytes"})
      light.add(name);
    zip_span_row(none, none, light);
    ColumnNames heavy;
    zip_span_io(none, none, heavy);
    return SpanColumns{light.list, heavy.list};
  }();
  return columns;
}

std::string span_query(SpanDetail detail) {
  if (detail == SpanDetail::light) return "SELECT " + span_columns().light + " FROM spans s";
  return "SELECT " + span_columns().light + "," + span_columns().heavy +
         " FROM spans s LEFT JOIN span_io i USING(id)";
}

StoredSpan stored_span(const Statement& from, TraceId trace, SpanDetail detail) {
  StoredSpan span;
  std::optional<std::int64_t> shown_duration;
  ReadColumns read{from, 0};
  read("", span.span_id);
  read("", span.start_time);
  read("", span.end_time);
  read("", shown_duration);
  read("", span.status);
  read("", span.input_bytes);
  read("", span.output_bytes);
  zip_span_row(span, span, read);
  if (detail == SpanDetail::full) zip_span_io(span, span, read);
  span.trace_id = trace;
  span.duration = shown_duration;
  return span;
}

// The number of a visible trace's row, else 0.
std::int64_t find_trace(const Question& question, TraceId id) {
  Statement row{question.database(),
                "SELECT id FROM traces WHERE trace_high=? AND trace_low=? AND project=? AND received>=?"};
  row.bind(1, column_of(id.high)).bind(2, column_of(id.low)).bind(3, question.project);
  row.bind(4, question.visible_from);
  return row.step() ? row.integer(0) : 0;
}

}  // namespace

Answer<StoredTrace> read_trace(const Question& question, TraceId id) {
  Transaction snapshot{question.database(), Transaction::Kind::read};
  const std::int64_t row = find_trace(question, id);
  if (row == 0) return {ReadOutcome::not_found, {}, {}};
  Statement header{question.database(), "SELECT " + trace_columns() + " FROM traces WHERE id=?"};
  header.bind(1, row).step();
  TraceRow trace = read_trace_row(header);
  ColumnNames names;
  zip_trace_io(trace, trace, names);
  Statement io{question.database(), "SELECT " + names.list + " FROM trace_io WHERE id=?"};
  if (io.bind(1, row).step()) {
    ReadColumns read{io, 0};
    zip_trace_io(trace, trace, read);
  }
  return {ReadOutcome::ok, stored_trace(std::move(trace)), {}};
}

Answer<std::int64_t> read_spans(const Question& question, TraceId id, SpanDetail detail,
                                const Store::SpanVisitor& visit) {
  Transaction snapshot{question.database(), Transaction::Kind::read};
  const std::int64_t trace = find_trace(question, id);
  if (trace == 0) return {ReadOutcome::not_found, {}, {}};
  Statement row{question.database(),
                span_query(detail) +
                    " WHERE trace=? ORDER BY start_time IS NULL,start_time,parent_span_id IS NOT NULL,"
                    "coalesce(duration,0) DESC,span_id"};
  row.bind(1, trace);
  Answer<std::int64_t> answer;
  while (row.step()) {
    ++answer.value;
    if (!visit(stored_span(row, id, detail))) break;
  }
  return answer;
}

Answer<StoredSpan> read_span(const Question& question, TraceId trace_id, SpanId span) {
  Transaction snapshot{question.database(), Transaction::Kind::read};
  const std::int64_t trace = find_trace(question, trace_id);
  if (trace == 0) return {ReadOutcome::not_found, {}, {}};
  Statement row{question.database(), span_query(SpanDetail::full) + " WHERE trace=? AND span_id=?"};
  if (!row.bind(1, trace).bind(2, column_of(span.value)).step()) return {ReadOutcome::not_found, {}, {}};
  return {ReadOutcome::ok, stored_span(row, trace_id, SpanDetail::full), {}};
}

}  // namespace llmtrace::collector::sqlite
