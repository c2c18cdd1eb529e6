#include "collector/store/sqlite/cursor.hpp"
#include "collector/store/sqlite/reads.hpp"
#include "collector/store/sqlite/sql_text.hpp"

#include <algorithm>

namespace llmtrace::collector::sqlite {
namespace {

constexpr std::uint32_t most_rows = 1000;
constexpr char cursor_kind = 's';

struct KnownSums {
  std::int64_t sum = 0;
  std::int64_t known = 0;
  [[nodiscard]] std::optional<std::int64_t> value() const {
    return known > 0 ? std::optional{sum} : std::nullopt;
  }
};

// False: all its traces are past their retention.
bool sum_up(const Question& question, std::int64_t facet, SessionRow& session) {
  Statement row{question.database(),
                "SELECT count(*),min(t.start_time),max(t.start_time),0,sum(span_count),sum(error_count),"
                "sum(open_count),sum(llm_count),sum(tokens_input),sum(tokens_input_known),sum(tokens_output),"
                "sum(tokens_output_known),sum(cost),sum(cost_known)"
                " FROM trace_facets f CROSS JOIN traces t ON t.id=f.trace WHERE f.facet=? AND t.received>=?"};
  row.bind(1, facet).bind(2, question.visible_from).step();
  session.trace_count = row.integer(0);
  if (session.trace_count == 0) return false;
  session.first_start = row.integer(1);
  session.last_start = row.integer(2);
  session.totals.span_count = row.integer(4);
  session.totals.error_count = row.integer(5);
  session.totals.open_count = row.integer(6);
  session.totals.llm_count = row.integer(7);
  session.totals.tokens_input = KnownSums{row.integer(8), row.integer(9)}.value();
  session.totals.tokens_output = KnownSums{row.integer(10), row.integer(11)}.value();
  session.totals.cost = KnownSums{row.integer(12), row.integer(13)}.value();

  Statement user{question.database(),
                 "SELECT t.user_id FROM trace_facets f CROSS JOIN traces t ON t.id=f.trace WHERE f.facet=?"
                 " AND t.received>=? AND t.user_id IS NOT NULL ORDER BY f.start_time DESC LIMIT 1"};
  if (user.bind(1, facet).bind(2, question.visible_from).step()) session.user_id = user.optional_text(0);
  return true;
}

SqlText page_sql(const Question& question, const SessionQuery& query, const std::optional<Cursor>& cursor) {
  SqlText sql{
      "SELECT s.facet,s.last_start,f.value FROM sessions s CROSS JOIN facets f ON f.id=s.facet WHERE "
      "s.project="};
  sql.parameter(question.project);
  if (!query.prefix.empty()) {
    (sql += " AND substr(f.value,1,length(").parameter(query.prefix) += "))=";
    sql.parameter(query.prefix);
  }
  if (cursor) {
    (sql += " AND (s.last_start,s.facet)<(").parameter(cursor->value) += ",";
    sql.parameter(cursor->row) += ")";
  }
  return sql += " ORDER BY s.last_start DESC,s.facet DESC";
}

}  // namespace

Answer<SessionPage> list_sessions(const Question& question, const SessionQuery& query) {
  std::optional<Cursor> cursor;
  if (!query.cursor.empty()) {
    cursor = decode_cursor(query.cursor, cursor_kind);
    if (!cursor) return {ReadOutcome::bad_cursor, {}, "the cursor is not one of this list"};
  }
  Answer<SessionPage> answer;
  if (question.project == 0) return answer;
  Transaction snapshot{question.database(), Transaction::Kind::read};
  const SqlText sql = page_sql(question, query, cursor);
  Statement row = sql.prepare(question.database());
  const std::size_t limit = std::clamp(query.limit, std::uint32_t{1}, most_rows);
  for (Cursor last; row.step(); last = {cursor_kind, row.integer(1), row.integer(0)}) {
    if (answer.value.sessions.size() == limit) {
      answer.value.next_cursor = encode_cursor(last);
      break;
    }
    SessionRow session;
    session.session_id = row.text(2);
    if (sum_up(question, row.integer(0), session)) answer.value.sessions.push_back(std::move(session));
  }
  return answer;
}

}  // namespace llmtrace::collector::sqlite
