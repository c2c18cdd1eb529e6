#include "collector/store/sqlite/cursor.hpp"
#include "collector/store/sqlite/filter_sql.hpp"
#include "collector/store/sqlite/reads.hpp"
#include "collector/store/sqlite/trace_table.hpp"

#include <algorithm>

namespace llmtrace::collector::sqlite {
namespace {

constexpr std::uint32_t most_rows = 1000;

// By what a page is ordered. Never text of a user's.
const char* order_column(TraceOrder order) {
  switch (order) {
    case TraceOrder::start_time: return "t.start_time";
    case TraceOrder::latency: return "coalesce(t.duration,-1)";
    case TraceOrder::cost: return "t.cost";
    case TraceOrder::tokens: return "t.tokens";
    case TraceOrder::spans: return "t.span_count";
    case TraceOrder::errors: return "t.error_count";
  }
  return "t.start_time";
}

char cursor_kind(const TraceQuery& query) {
  return static_cast<char>((query.ascending ? 'A' : 'a') + static_cast<int>(query.order));
}

class ListSql {
 public:
  ListSql(const Question& question, const TraceQuery& query, const FilterSql& filter)
      : question_{question},
        query_{query},
        filter_{filter},
        source_{filter.source()},
        order_{query.order == TraceOrder::start_time ? source_.start : order_column(query.order)} {}

  [[nodiscard]] SqlText text(const std::optional<Cursor>& cursor) {
    SqlText sql = "SELECT t.id," + order_ + " FROM ";
    sql += source_.sql;
    ((sql += " AND ") += filter_.condition()) += visible();
    if (cursor) sql += behind(*cursor);
    const std::string direction = query_.ascending ? " ASC" : " DESC";
    sql += " ORDER BY " + order_ + direction + "," + source_.row + direction + " LIMIT ";
    return sql.parameter(static_cast<std::int64_t>(limit()) + 1);
  }

  [[nodiscard]] std::uint32_t limit() const { return std::clamp(query_.limit, std::uint32_t{1}, most_rows); }

 private:
  [[nodiscard]] SqlText visible() const {
    SqlText sql{" AND t.received>="};
    sql.parameter(question_.visible_from);
    const std::string start = source_.start;
    if (query_.time.from) ((sql += " AND ") += start + ">=").parameter(*query_.time.from);
    if (query_.time.to) ((sql += " AND ") += start + "<").parameter(*query_.time.to);
    return sql;
  }

  [[nodiscard]] SqlText behind(const Cursor& cursor) const {
    SqlText sql{" AND (" + order_ + "," + source_.row + (query_.ascending ? ")>(" : ")<(")};
    sql.parameter(cursor.value) += ",";
    return sql.parameter(cursor.row) += ")";
  }

  const Question& question_;
  const TraceQuery& query_;
  const FilterSql& filter_;
  FilterSql::Source source_;
  std::string order_;
};

StoredTrace load(Statement& by_id, std::int64_t id) {
  const StatementUse row{by_id};
  row->bind(1, id);
  row->step();
  return stored_trace(read_trace_row(by_id));
}

}  // namespace

Answer<TracePage> list_traces(const Question& question, const TraceQuery& query) {
  std::optional<Cursor> cursor;
  const char kind = cursor_kind(query);
  if (!query.cursor.empty()) {
    cursor = decode_cursor(query.cursor, kind);
    if (!cursor) return {ReadOutcome::bad_cursor, {}, "the cursor is not one of this list"};
  }
  Answer<TracePage> answer;
  if (question.project == 0) return answer;

  Transaction snapshot{question.database(), Transaction::Kind::read};
  const FilterSql filter{question, query.filter, FilterSql::Reads::a_page};
  ListSql list{question, query, filter};
  const SqlText sql = list.text(cursor);
  Statement row = sql.prepare(question.database());
  Statement by_id{question.database(), "SELECT " + trace_columns() + " FROM traces WHERE id=?"};
  TracePage& page = answer.value;
  page.text_complete = filter.text_complete();
  for (Cursor last; row.step(); last = {kind, row.integer(1), row.integer(0)}) {
    if (page.traces.size() == list.limit()) {
      page.next_cursor = encode_cursor(last);
      break;
    }
    page.traces.push_back(load(by_id, row.integer(0)));
  }
  return answer;
}

}  // namespace llmtrace::collector::sqlite
