#include "collector/store/sqlite/texts.hpp"

#include "collector/store/sqlite/column_values.hpp"
#include "collector/store/sqlite/json_text.hpp"
#include "collector/store/sqlite/text_fold.hpp"

namespace llmtrace::collector::sqlite {
namespace {

// Of one span or header; what is longer is searched up to here.
constexpr std::size_t most_text = 512 * 1024;

// First three numbers, then plain text, then JSON.
constexpr int first_plain = 3;
constexpr int span_plain = 11;
constexpr int span_json = 8;
constexpr const char* span_query =
    "SELECT s.id,s.trace,t.received,"
    "s.name,s.error,s.error_type,s.status_message,s.operation,s.agent_type,s.model,s.response_model,s."
    "provider,"
    "i.output_text,i.reasoning,"
    "i.input_data,i.output_data,i.tool_calls,i.metadata,i.attributes,i.events,i.scores,i.parameters"
    " FROM spans s JOIN traces t ON t.id=s.trace LEFT JOIN span_io i ON i.id=s.id ";

constexpr int header_plain = 7;
constexpr int header_json = 4;
constexpr const char* header_query =
    "SELECT t.id,t.id,t.received,"
    "t.shown_name,t.error,t.user_id,t.session_id,t.environment,t.release,"
    "NULL,i.input,i.output,i.metadata,i.resource,t.tags"
    " FROM traces t LEFT JOIN trace_io i ON i.id=t.id WHERE t.id=?";

void append_json(std::string& to, std::string_view json) {
  visit_strings(json, [&](std::string_view, std::string_view value) {
    append_folded(to, value.substr(0, most_text));
    return to.size() < most_text;
  });
}

FoldedText read(const Statement& from, int plain, int json) {
  FoldedText folded{from.integer(0), from.integer(1), from.integer(2), " "};
  for (int i = 0; i < plain; ++i) append_folded(folded.text, from.text(first_plain + i).substr(0, most_text));
  for (int i = 0; i < json; ++i)
    if (folded.text.size() < most_text) append_json(folded.text, from.text(first_plain + plain + i));
  return folded;
}

}  // namespace

Texts::Texts(Database& database)
    : spans_after_{database, std::string{span_query} + "WHERE s.id>? ORDER BY s.id LIMIT ?"},
      span_{database, std::string{span_query} + "WHERE s.id=?"},
      spans_of_{database, std::string{span_query} + "WHERE s.trace=?"},
      header_{database, header_query} {}

std::vector<FoldedText> Texts::spans_after(std::int64_t after, int count) {
  std::vector<FoldedText> texts;
  const StatementUse row{spans_after_};
  row->bind(1, after).bind(2, std::int64_t{count});
  while (row->step()) texts.push_back(read_span(spans_after_));
  return texts;
}

std::optional<FoldedText> Texts::span(std::int64_t id) {
  const StatementUse row{span_};
  row->bind(1, id);
  if (!row->step()) return std::nullopt;
  return read_span(span_);
}

std::optional<FoldedText> Texts::header(std::int64_t trace) {
  const StatementUse row{header_};
  row->bind(1, trace);
  if (!row->step()) return std::nullopt;
  FoldedText folded = read(header_, header_plain, header_json);
  for (const std::string& tag : decode_texts(row->blob(first_plain + header_plain + header_json)))
    append_folded(folded.text, tag);
  return folded;
}

void Texts::trace(std::int64_t trace, const std::function<bool(std::string_view)>& visit) {
  if (const auto folded = header(trace); folded && !visit(folded->text)) return;
  const StatementUse row{spans_of_};
  row->bind(1, trace);
  while (row->step())
    if (!visit(read_span(spans_of_).text)) return;
}

FoldedText Texts::read_span(const Statement& from) const { return read(from, span_plain, span_json); }

}  // namespace llmtrace::collector::sqlite
