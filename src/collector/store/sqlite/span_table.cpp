#include "collector/store/sqlite/span_table.hpp"

#include "collector/store/sqlite/column_values.hpp"
#include "collector/store/sqlite/fields.hpp"

namespace llmtrace::collector::sqlite {
namespace {

ColumnNames row_columns() {
  ColumnNames names;
  for (const char* name : {"trace", "span_id", "start_time", "end_time", "duration", "status", "findable",
                           "revision", "input_bytes", "output_bytes"})
    names.add(name);
  SpanFields<std::string> none;
  zip_span_row(none, none, names);
  return names;
}

ColumnNames io_columns() {
  ColumnNames names;
  names.add("id");
  SpanFields<std::string> none;
  zip_span_io(none, none, names);
  return names;
}

template <class Text>
std::int64_t bytes_in(const std::optional<Text>& text) {
  return text ? static_cast<std::int64_t>(text->size()) : 0;
}

// The columns that both an insert and an update write.
template <class Text>
void bind_row(Statement& to, std::int64_t trace, const SpanFields<Text>& span, std::optional<bool> findable,
              std::int64_t revision) {
  BindColumns bind{to, 1};
  bind("", trace);
  bind("", span.span_id);
  bind("", span.start_time);
  bind("", span.end_time);
  bind("", span.duration ? span.duration : duration_between(span.start_time, span.end_time));
  bind("", shown_status(span));
  bind("", findable);
  bind("", revision);
  bind("", bytes_in(span.input_data));
  bind("", bytes_in(span.output_data));
  zip_span_row(span, span, bind);
}

template <class Text>
void bind_io(Statement& to, std::int64_t id, const SpanFields<Text>& span) {
  BindColumns bind{to, 1};
  bind("", id);
  zip_span_io(span, span, bind);
}

template <class Text>
std::array<bool, FieldRevisions::capacity> present_fields(const SpanFields<Text>& span) {
  PresentFields present;
  zip_span_row(span, span, present);
  zip_span_io(span, span, present);
  return present.result();
}

// A span that may still be completed by its id alone.
std::optional<bool> findable(const SpanUpdate& span) {
  if (span.findable || !span.end_time) return true;
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> duration_between(std::optional<UnixTime> start, std::optional<UnixTime> end) {
  std::int64_t duration = 0;
  if (!start || !end || __builtin_sub_overflow(*end, *start, &duration)) return std::nullopt;
  return std::max<std::int64_t>(duration, 0);
}

Figures SpanShare::figures() const {
  return {.errors = error ? 1 : 0,
          .tokens_input = tokens_input.value_or(0),
          .tokens_output = tokens_output.value_or(0),
          .cost = cost.value_or(0),
          .latency = duration,
          .first_token = time_to_first_token};
}

SpanTable::SpanTable(Database& database)
    : database_{database},
      row_column_count_{row_columns().count},
      insert_{database, "INSERT INTO spans(" + row_columns().list + ",id) VALUES(" + row_columns().marks +
                            ",?) ON CONFLICT(trace,span_id) DO NOTHING"},
      insert_io_{database,
                 "INSERT INTO span_io(" + io_columns().list + ") VALUES(" + io_columns().marks + ")"},
      select_{database,
              "SELECT id,revisions," + row_columns().list + " FROM spans WHERE trace=? AND span_id=?"},
      select_io_{database, "SELECT " + io_columns().list + " FROM span_io WHERE id=?"},
      update_{database, "UPDATE spans SET " + row_columns().assignments + ",revisions=? WHERE id=?"},
      replace_io_{database,
                  "REPLACE INTO span_io(" + io_columns().list + ") VALUES(" + io_columns().marks + ")"},
      find_{database, "SELECT trace FROM spans WHERE span_id=? AND findable=1 ORDER BY id DESC LIMIT 16"} {}

bool SpanTable::insert(std::int64_t id, std::int64_t trace, const SpanUpdate& span) {
  bind_row(insert_, trace, span, findable(span), span.revision);
  insert_.bind(row_column_count_ + 1, id).run();
  if (database_.changes() == 0) return false;
  bind_io(insert_io_, id, span);
  insert_io_.run();
  return true;
}

std::optional<SpanRow> SpanTable::load(std::int64_t trace, SpanId span) {
  SpanRow row;
  {
    const StatementUse from{select_};
    from->bind(1, trace).bind(2, column_of(span.value));
    if (!from->step()) return std::nullopt;
    row.id = from->integer(0);
    const std::string exceptions{from->blob(1)};
    ReadColumns read{select_, 2};
    std::int64_t revision = 0;
    std::int64_t ignored = 0;
    read("", row.trace);
    read("", row.span_id);
    read("", row.start_time);
    read("", row.end_time);
    read("", row.shown_duration);
    read("", row.status);
    read("", row.findable);
    read("", revision);
    read("", ignored);
    read("", ignored);
    zip_span_row(row, row, read);
    row.revisions = FieldRevisions::load(revision, exceptions);
  }
  const StatementUse io{select_io_};
  io->bind(1, row.id);
  if (io->step()) {
    ReadColumns read{select_io_, 1};
    zip_span_io(row, row, read);
  }
  return row;
}

bool SpanTable::merge(SpanRow& row, const SpanUpdate& update) {
  FieldMerge fields{row.revisions, update.revision};
  zip_span_row(row, update, fields);
  zip_span_io(row, update, fields);
  bool changed = fields.changed();
  changed |= lower(row.start_time, update.start_time);
  changed |= raise(row.end_time, update.end_time);
  changed |= raise(row.status, update.status);
  if (update.findable && !row.findable) {
    row.findable = true;
    changed = true;
  }
  return changed;
}

void SpanTable::save(const SpanRow& row) {
  const auto revisions = row.revisions.save(present_fields(row));
  bind_row(update_, row.trace, row, row.findable, revisions.base);
  const int next = row_column_count_ + 1;
  if (revisions.exceptions.empty())
    update_.bind_null(next);
  else
    update_.bind_blob(next, revisions.exceptions);
  update_.bind(next + 1, row.id).run();
  bind_io(replace_io_, row.id, row);
  replace_io_.run();
}

std::vector<std::int64_t> SpanTable::traces_of(SpanId span) {
  std::vector<std::int64_t> traces;
  const StatementUse row{find_};
  row->bind(1, column_of(span.value));
  while (row->step()) traces.push_back(row->integer(0));
  return traces;
}

}  // namespace llmtrace::collector::sqlite
