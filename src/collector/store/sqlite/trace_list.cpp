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

// Chooses where to begin: with the few that a search has found, with a value that few traces have, or with
// the time.
class ListSql {
 public:
  ListSql(const Question& question, const TraceQuery& query, const FilterSql& filter)
      : question_{question}, query_{query}, filter_{filter} {}

  [[nodiscard]] SqlText text(const std::optional<Cursor>& cursor) {
    choose_source();
    SqlText sql = "SELECT t.id," + order_ + " FROM ";
    sql += source_;
    ((sql += " AND ") += filter_.condition()) += visible();
    if (cursor) sql += behind(*cursor);
    const std::string direction = query_.ascending ? " ASC" : " DESC";
    sql += " ORDER BY " + order_ + direction + "," + row_ + direction + " LIMIT ";
    return sql.parameter(static_cast<std::int64_t>(limit()) + 1);
  }

  [[nodiscard]] std::uint32_t limit() const { return std::clamp(query_.limit, std::uint32_t{1}, most_rows); }

 private:
  void choose_source() {
    const bool by_time = query_.order == TraceOrder::start_time;
    order_ = order_column(query_.order);
    if (filter_.few()) {
      source_ = "traces t WHERE +t.project=";
      (source_.parameter(question_.project) += " AND t.id IN ").list(*filter_.few());
    } else if (filter_.rare_facet()) {
      source_ = "trace_facets f CROSS JOIN traces t ON t.id=f.trace WHERE f.facet=";
      source_.parameter(*filter_.rare_facet());
      if (by_time) order_ = "f.start_time";
      row_ = "f.trace";
      start_ = "f.start_time";
    } else {
      source_ = "traces t INDEXED BY traces_by_start WHERE t.project=";
      source_.parameter(question_.project);
    }
  }

  [[nodiscard]] SqlText visible() const {
    SqlText sql{" AND t.received>="};
    sql.parameter(question_.visible_from);
    if (query_.time.from) ((sql += " AND ") += start_ + ">=").parameter(*query_.time.from);
    if (query_.time.to) ((sql += " AND ") += start_ + "<").parameter(*query_.time.to);
    return sql;
  }

  [[nodiscard]] SqlText behind(const Cursor& cursor) const {
    SqlText sql{" AND (" + order_ + "," + row_ + (query_.ascending ? ")>(" : ")<(")};
    sql.parameter(cursor.value) += ",";
    return sql.parameter(cursor.row) += ")";
  }

  const Question& question_;
  const TraceQuery& query_;
  const FilterSql& filter_;
  SqlText source_;
  std::string order_;
  std::string row_ = "t.id";
  std::string start_ = "t.start_time";
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
  const FilterSql filter{question, query.filter};
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
