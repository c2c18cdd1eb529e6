#include "collector/json/export_lines.hpp"

#include "collector/json/document.hpp"
#include "collector/json/item_json.hpp"

#include <algorithm>

namespace llmtrace::collector {
namespace {

constexpr std::uint32_t traces_of_a_page = 200;
constexpr std::int64_t most_spans_at_once = 500;  // a larger trace is read span by span
constexpr std::size_t spans_of_a_piece = 100;
constexpr std::size_t piece_bytes = 256 * 1024;

[[noreturn]] void fail(ReadOutcome outcome, const std::string& error) {
  throw ExportError{outcome == ReadOutcome::deadline ? "a read took too long"
                    : error.empty()                  ? "the store could not be read"
                                                     : error};
}

template <class Write>
void append_line(std::string& out, core::PlainKey kind, Write&& write) {
  JsonDocument document;
  document->begin_object();
  document->literal_key(kind);
  write(document.writer());
  document->end_object();
  std::string line = document.text();
  // JSON that came spread over lines; inside its strings a line break is never bare.
  std::replace_if(
      line.begin(), line.end(), [](char byte) { return byte == '\n' || byte == '\r'; }, ' ');
  out.append(line) += '\n';
}

void append_span(std::string& out, const StoredSpan& span) {
  append_line(out, "span", [&](core::JsonWriter& writer) { write_wire_span(writer, span); });
}

}  // namespace

ExportLines::ExportLines(const Store& store, TraceQuery query, std::chrono::milliseconds time_of_a_read)
    : store_{store}, query_{std::move(query)}, time_of_a_read_{time_of_a_read} {
  query_.cursor.clear();
  query_.limit = traces_of_a_page;
}

ExportLines::ExportLines(const Store& store, std::string project, TraceId trace,
                         std::chrono::milliseconds time_of_a_read)
    : store_{store}, time_of_a_read_{time_of_a_read}, traces_{trace}, last_page_{true} {
  query_.project = std::move(project);
}

bool ExportLines::next(std::string& out) {
  const std::size_t enough = out.size() + piece_bytes;
  while (out.size() < enough) {
    if (!spans_.empty()) {
      write_noted_spans(out);
    } else if (!traces_.empty()) {
      const TraceId id = traces_.front();
      traces_.pop_front();
      begin_trace(out, id);
    } else if (last_page_) {
      return false;
    } else {
      read_page();
    }
  }
  return true;
}

void ExportLines::read_page() {
  auto page = store_.traces(query_, deadline());
  if (!page) fail(page.outcome, page.error);
  for (const StoredTrace& trace : page.value.traces) traces_.push_back(trace.trace_id);
  query_.cursor = std::move(page.value.next_cursor);
  last_page_ = query_.cursor.empty();
}

void ExportLines::begin_trace(std::string& out, TraceId id) {
  const auto trace = store_.trace(query_.project, id, deadline());
  if (trace.outcome == ReadOutcome::not_found) return;  // deleted meanwhile
  if (!trace) fail(trace.outcome, trace.error);
  append_line(out, "trace",
              [&](core::JsonWriter& writer) { write_wire_trace(writer, trace.value, query_.project); });
  if (trace.value.totals.span_count <= most_spans_at_once) return write_spans_at_once(out, id);
  note_spans(id);
}

void ExportLines::write_spans_at_once(std::string& out, TraceId id) {
  const auto visit = [&](const StoredSpan& span) {
    append_span(out, span);
    return true;
  };
  const auto read = store_.spans(query_.project, id, SpanDetail::full, visit, deadline());
  if (!read && read.outcome != ReadOutcome::not_found) fail(read.outcome, read.error);
}

void ExportLines::note_spans(TraceId id) {
  trace_ = id;
  const auto visit = [&](const StoredSpan& span) {
    spans_.push_back(span.span_id);
    return true;
  };
  const auto read = store_.spans(query_.project, id, SpanDetail::light, visit, deadline());
  if (!read && read.outcome != ReadOutcome::not_found) fail(read.outcome, read.error);
}

void ExportLines::write_noted_spans(std::string& out) {
  for (std::size_t i = 0; i < spans_of_a_piece && !spans_.empty(); ++i) {
    const auto span = store_.span(query_.project, trace_, spans_.front(), deadline());
    spans_.pop_front();
    if (span.outcome == ReadOutcome::not_found) continue;
    if (!span) fail(span.outcome, span.error);
    append_span(out, span.value);
  }
}

}  // namespace llmtrace::collector
