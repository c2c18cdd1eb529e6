#include "collector/store/sqlite/trace_table.hpp"

#include "collector/store/sqlite/column_values.hpp"
#include "collector/store/sqlite/fields.hpp"
#include "collector/store/sqlite/json_text.hpp"

#include <algorithm>

namespace llmtrace::collector::sqlite {
namespace {

// What changes after the row has been made. `Row` is TraceRow, const or not.
template <class Row, class Visit>
void visit_changing(Row& row, Visit&& visit) {
  visit("sequence", row.sequence);
  visit("start_time", row.shown.start_time);
  visit("end_time", row.shown.end_time);
  visit("duration", row.shown.duration);
  visit("status", row.shown.status);
  visit("shown_name", row.shown.name);
  visit("first_token", row.shown.first_token);
  visit("span_count", row.sums.spans);
  visit("error_count", row.sums.errors);
  visit("open_count", row.sums.open);
  visit("llm_count", row.sums.llm);
  visit("tokens", row.sums.tokens);
  visit("tokens_input", row.sums.tokens_input);
  visit("tokens_input_known", row.sums.tokens_input_known);
  visit("tokens_output", row.sums.tokens_output);
  visit("tokens_output_known", row.sums.tokens_output_known);
  visit("cost", row.sums.cost);
  visit("cost_known", row.sums.cost_known);
  visit("spans_start", row.derived.start);
  visit("spans_end", row.derived.end);
  visit("spans_first_token", row.derived.first_token);
  visit("spans_root", row.derived.root);
  visit("spans_root_start", row.derived.root_start);
  visit("spans_root_status", row.derived.root_status);
  visit("spans_root_name", row.derived.root_name);
  visit("has_header", row.has_header);
  visit("stated_start", row.start_time);
  visit("stated_end", row.end_time);
  visit("input_stated", row.input_stated);
  visit("output_stated", row.output_stated);
  visit("input_preview", row.input_preview);
  visit("output_preview", row.output_preview);
  zip_trace_row(row, row, visit);
}

constexpr const char* fixed = "id,project,trace_high,trace_low,received";
constexpr int fixed_count = 5;
constexpr int by_hand_count = 4;
constexpr std::int64_t no_status = -1;

ColumnNames changing_columns() {
  ColumnNames names;
  const TraceRow none;
  visit_changing(none, names);
  for (const char* name : {"stated_status", "revision", "revisions", "facets"}) names.add(name);
  return names;
}

ColumnNames io_columns() {
  ColumnNames names;
  names.add("id");
  const TraceRow none;
  zip_trace_io(none, none, names);
  return names;
}

std::array<bool, FieldRevisions::capacity> present_fields(const TraceRow& row) {
  PresentFields present;
  zip_trace_row(row, row, present);
  zip_trace_io(row, row, present);
  return present.result();
}

// Returns the next free parameter.
int bind_changing(Statement& to, const TraceRow& row, int first) {
  BindColumns bind{to, first};
  visit_changing(row, bind);
  to.bind(bind.next, row.status ? static_cast<std::int64_t>(*row.status) : no_status);
  to.bind(bind.next + 1, row.revisions.base);
  to.bind_blob(bind.next + 2, row.revisions.exceptions);
  to.bind_blob_copy(bind.next + 3, encode_facets(row.facets));
  return bind.next + by_hand_count;
}

void add_known(std::int64_t& sum, std::int64_t& known, const std::optional<std::int64_t>& value,
               std::int64_t times) {
  if (!value) return;
  sum += times * *value;
  known += times;
}

std::optional<std::int64_t> distance(const std::optional<std::int64_t>& to, std::int64_t from) {
  return to ? duration_between(from, *to) : std::nullopt;
}

Status header_status(const TraceRow& row) {
  Status status = row.status.value_or(Status::running);
  if (row.end_time) status = std::max(status, Status::ok);
  return row.error ? Status::error : status;
}

// A root that has ended decides; without one, any error does.
Status spans_status(const TraceRow& row) {
  if (row.sums.spans == 0 || row.sums.open > 0) return row.error ? Status::error : Status::running;
  if (row.derived.root_status) return *row.derived.root_status;
  return row.sums.errors > 0 ? Status::error : Status::ok;
}

bool says_life(const TraceUpdate& update) {
  return update.start_time || update.end_time || update.status || update.duration;
}

}  // namespace

void TraceRow::Sums::add(const SpanShare& share, std::int64_t times) {
  spans += times;
  errors += share.error ? times : 0;
  open += share.open ? times : 0;
  llm += share.llm ? times : 0;
  tokens += times * (share.tokens_input.value_or(0) + share.tokens_output.value_or(0));
  add_known(tokens_input, tokens_input_known, share.tokens_input, times);
  add_known(tokens_output, tokens_output_known, share.tokens_output, times);
  add_known(cost, cost_known, share.cost, times);
}

void TraceRow::derive() {
  shown.start_time = start_time.value_or(derived.start.value_or(received));
  shown.status = has_header ? header_status(*this) : spans_status(*this);
  shown.end_time = end_time;
  if (!shown.end_time && shown.status != Status::running) shown.end_time = derived.end;
  shown.duration = duration && shown.end_time ? duration : distance(shown.end_time, shown.start_time);
  shown.name = name ? name : derived.root_name;
  shown.first_token = distance(derived.first_token, shown.start_time);
}

Figures TraceRow::figures() const {
  return {.errors = shown.status == Status::error || sums.errors > 0 ? 1 : 0,
          .tokens_input = sums.tokens_input,
          .tokens_output = sums.tokens_output,
          .cost = sums.cost,
          .latency = shown.duration,
          .first_token = shown.first_token};
}

const std::string& trace_columns() {
  static const std::string columns = std::string{fixed} + "," + changing_columns().list;
  return columns;
}

TraceRow read_trace_row(const Statement& from, int first_column) {
  TraceRow row;
  ReadColumns read{from, first_column};
  std::int64_t high = 0;
  std::int64_t low = 0;
  read("", row.id);
  read("", row.project);
  read("", high);
  read("", low);
  read("", row.received);
  row.trace_id = {bits_of(high), bits_of(low)};
  visit_changing(row, read);
  const std::int64_t status = from.integer(read.next);
  if (status != no_status) row.status = static_cast<Status>(status);
  row.revisions = {from.integer(read.next + 1), std::string{from.blob(read.next + 2)}};
  row.facets = decode_facets(from.blob(read.next + 3));
  return row;
}

TraceTable::TraceTable(Database& database)
    : owners_{database, "SELECT id,project FROM traces WHERE trace_high=? AND trace_low=?"},
      select_by_id_{database, "SELECT " + trace_columns() +
                                  " FROM traces WHERE trace_high=? AND trace_low=? AND project=?"},
      select_{database, "SELECT " + trace_columns() + " FROM traces WHERE id=?"},
      insert_{database, "INSERT INTO traces(" + trace_columns() + ") VALUES(?,?,?,?,?," +
                            changing_columns().marks + ")"},
      update_{database, "UPDATE traces SET " + changing_columns().assignments + " WHERE id=?"},
      select_io_{database, "SELECT " + io_columns().list + " FROM trace_io WHERE id=?"},
      replace_io_{database,
                  "REPLACE INTO trace_io(" + io_columns().list + ") VALUES(" + io_columns().marks + ")"} {}

std::vector<TraceTable::Owner> TraceTable::owners(TraceId id) {
  std::vector<Owner> owners;
  const StatementUse row{owners_};
  row->bind(1, column_of(id.high)).bind(2, column_of(id.low));
  while (row->step()) owners.push_back({row->integer(0), row->integer(1)});
  return owners;
}

std::optional<TraceRow> TraceTable::load(std::int64_t project, TraceId id) {
  const StatementUse row{select_by_id_};
  row->bind(1, column_of(id.high)).bind(2, column_of(id.low)).bind(3, project);
  if (!row->step()) return std::nullopt;
  return read_trace_row(select_by_id_);
}

std::optional<TraceRow> TraceTable::load(std::int64_t id) {
  const StatementUse row{select_};
  row->bind(1, id);
  if (!row->step()) return std::nullopt;
  return read_trace_row(select_);
}

void TraceTable::insert(const TraceRow& row) {
  insert_.bind(1, row.id).bind(2, row.project).bind(3, column_of(row.trace_id.high));
  insert_.bind(4, column_of(row.trace_id.low)).bind(fixed_count, row.received);
  bind_changing(insert_, row, fixed_count + 1);
  insert_.run();
}

void TraceTable::update(const TraceRow& row) {
  const int next = bind_changing(update_, row, 1);
  update_.bind(next, row.id).run();
}

bool TraceTable::merge(TraceRow& row, const TraceUpdate& said) {
  TraceUpdate update = said;
  load_io(row);
  std::string extended;
  if (update.extend_metadata && update.metadata && row.metadata) {
    extended = extended_object(*row.metadata, *update.metadata);
    update.metadata = extended;
  }
  auto revisions = FieldRevisions::load(row.revisions.base, row.revisions.exceptions);
  FieldMerge light{revisions, update.revision};
  zip_trace_row(row, update, light);
  FieldMerge heavy = light.continued();
  zip_trace_io(row, update, heavy);

  row.revisions = revisions.save(present_fields(row));
  bool changed = light.changed() || heavy.changed();
  changed |= lower(row.start_time, update.start_time);
  changed |= raise(row.end_time, update.end_time);
  changed |= raise(row.status, update.status);
  if (says_life(update) && !row.has_header) row.has_header = changed = true;
  if (heavy.changed()) {
    row.input_stated = row.input.has_value();
    row.output_stated = row.output.has_value();
    if (row.input) row.input_preview = preview_of(*row.input);
    if (row.output) row.output_preview = preview_of(*row.output);
    save_io(row);
  }
  return changed;
}

void TraceTable::load_io(TraceRow& row) {
  const StatementUse from{select_io_};
  from->bind(1, row.id);
  if (!from->step()) return;
  ReadColumns read{select_io_, 1};
  zip_trace_io(row, row, read);
}

void TraceTable::save_io(const TraceRow& row) {
  BindColumns bind{replace_io_, 1};
  bind("", row.id);
  zip_trace_io(row, row, bind);
  replace_io_.run();
}

}  // namespace llmtrace::collector::sqlite
