// The reading half of the older protocol. Its clients may be strict about types: durations are whole
// milliseconds, an output is a text, and what is unknown is null.
#include "collector/json/item_json.hpp"
#include "collector/routes/event_ids.hpp"
#include "collector/routes/parameters.hpp"
#include "collector/routes/routes.hpp"

namespace llmtrace::collector::routes {
namespace {

using core::JsonWriter;
using core::PlainKey;

void text(JsonWriter& writer, PlainKey key, const std::optional<std::string>& value) {
  writer.literal_key(key);
  value ? writer.string(*value) : writer.null();
}

void json(JsonWriter& writer, PlainKey key, const std::optional<std::string>& value,
          std::string_view otherwise) {
  writer.literal_key(key);
  writer.raw(value ? std::string_view{*value} : otherwise);
}

void json_as_text(JsonWriter& writer, PlainKey key, const std::optional<std::string>& value) {
  if (value && !value->empty() && value->front() != '"') return text(writer, key, value);
  json(writer, key, value, "null");
}

void time(JsonWriter& writer, PlainKey key, const std::optional<UnixTime>& value) {
  writer.literal_key(key);
  value ? write_time(writer, *value) : writer.null();
}

void count(JsonWriter& writer, PlainKey key, const std::optional<std::int64_t>& value) {
  writer.literal_key(key);
  value ? writer.integer(*value) : writer.null();
}

void dollars(JsonWriter& writer, PlainKey key, const std::optional<std::int64_t>& value) {
  writer.literal_key(key);
  value ? write_dollars(writer, *value) : writer.null();
}

std::optional<std::int64_t> whole_milliseconds(const std::optional<std::int64_t>& nanoseconds) {
  if (!nanoseconds) return std::nullopt;
  return *nanoseconds / 1'000'000;
}

void id(JsonWriter& writer, PlainKey key, const std::string& value) {
  writer.literal_key(key);
  writer.plain_string(value);
}

template <class Item>
void times(JsonWriter& writer, const Item& item) {
  time(writer, "start_time", item.start_time);
  time(writer, "end_time", item.end_time);
  count(writer, "duration_ms", whole_milliseconds(item.duration));
}

void write_trace(JsonWriter& writer, const StoredTrace& trace, const std::string& project) {
  writer.begin_object();
  id(writer, "trace_id", to_hex(trace.trace_id));
  writer.literal_key("name");
  writer.string(trace.name.value_or(""));
  id(writer, "project_id", project);
  times(writer, trace);
  json(writer, "metadata", trace.metadata, "{}");
  writer.literal_key("tags");
  writer.begin_array();
  if (trace.tags)
    for (const std::string& tag : *trace.tags) writer.string(tag);
  writer.end_array();
  text(writer, "user_id", trace.user_id);
  text(writer, "session_id", trace.session_id);
  json_as_text(writer, "output", trace.output);
  id(writer, "status", std::string{to_string(trace.status.value_or(Status::running))});
  count(writer, "span_count", trace.totals.span_count);
  dollars(writer, "total_cost", trace.totals.cost.value_or(0));
  writer.end_object();
}

void write_event_span(JsonWriter& writer, const StoredSpan& span) {
  writer.begin_object();
  id(writer, "span_id", to_hex(span.span_id));
  id(writer, "trace_id", to_hex(span.trace_id));
  text(writer, "parent_span_id",
       span.parent_span_id ? std::optional{to_hex(*span.parent_span_id)} : std::nullopt);
  writer.literal_key("name");
  writer.string(span.name.value_or(""));
  id(writer, "span_type", std::string{to_string(span.span_type.value_or(SpanType::other))});
  times(writer, span);
  json(writer, "input_data", span.input_data, "{}");
  json(writer, "output_data", span.output_data, "{}");
  json(writer, "metadata", span.metadata, "{}");
  text(writer, "model", span.model);
  count(writer, "tokens_input", span.tokens_input);
  count(writer, "tokens_output", span.tokens_output);
  dollars(writer, "cost_usd", span.cost);
  text(writer, "error", span.error);
  writer.end_object();
}

std::vector<std::string> split_tags(std::string_view text) {
  std::vector<std::string> tags;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, end);
    const auto first = part.find_first_not_of(' ');
    if (first != std::string_view::npos)
      tags.emplace_back(part.substr(first, part.find_last_not_of(' ') - first + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return tags;
}

void add_condition(std::vector<Filter>& parts, TextField field, std::vector<std::string> values) {
  if (values.empty()) return;
  parts.emplace_back().node.emplace<TextCondition>(TextCondition{field, std::move(values)});
}

TraceQuery list_query(const Call& call) {
  const Parameters parameters{call};
  TraceQuery query;
  query.project = call.project;
  query.limit = static_cast<std::uint32_t>(parameters.number("limit", 1, 1'000, 50));
  query.cursor = parameters.text("cursor").value_or("");
  std::vector<Filter> parts;
  add_condition(parts, TextField::user, parameters.texts("user_id"));
  add_condition(parts, TextField::session, parameters.texts("session_id"));
  add_condition(parts, TextField::tag, split_tags(parameters.text("tags").value_or("")));
  query.filter.node.emplace<AllOf>(AllOf{std::move(parts)});
  return query;
}

}  // namespace

http::Response list_events(const Call& call) {
  Store& store = call.services.store;
  const Deadline deadline = call.services.deadline();
  const TracePage page = value_of(store.traces(list_query(call), deadline), "");
  JsonDocument document;
  document->begin_object();
  document->literal_key("traces");
  document->begin_array();
  std::int64_t listed = 0;
  for (const StoredTrace& row : page.traces) {
    const auto whole = store.trace(call.project, row.trace_id, deadline);
    if (whole.outcome == ReadOutcome::not_found) continue;  // deleted a moment ago
    if (!whole) refuse_read(whole.outcome, whole.error, "");
    write_trace(document.writer(), whole.value, call.project);
    ++listed;
  }
  document->end_array();
  document->literal_key("next_cursor");
  page.next_cursor.empty() ? document->null() : document->string(page.next_cursor);
  document->literal_key("has_more");
  document->boolean(!page.next_cursor.empty());
  count(document.writer(), "count", listed);
  document->end_object();
  return json_response(document);
}

http::Response show_events(const Call& call) {
  Store& store = call.services.store;
  const Deadline deadline = call.services.deadline();
  const std::string missing = "Trace " + call.parts[0] + " not found for project " + call.project;
  const auto id = event_trace_id(call.parts[0]);
  if (!id) throw Refusal{404, missing};
  const StoredTrace trace = value_of(store.trace(call.project, *id, deadline), missing);
  JsonDocument document;
  document->begin_object();
  document->literal_key("trace");
  write_trace(document.writer(), trace, call.project);
  document->literal_key("spans");
  document->begin_array();
  std::int64_t spans = 0;
  const auto visit = [&](const StoredSpan& span) {
    write_event_span(document.writer(), span);
    ++spans;
    return true;
  };
  static_cast<void>(value_of(store.spans(call.project, *id, SpanDetail::full, visit, deadline), missing));
  document->end_array();
  count(document.writer(), "span_count", spans);
  document->end_object();
  return json_response(document);
}

http::Response event_stats(const Call& call) {
  const Totals totals = value_of(call.services.store.totals(call.project, call.services.deadline()), "");
  JsonDocument document;
  document->begin_object();
  count(document.writer(), "total_traces", totals.traces);
  count(document.writer(), "total_spans", totals.spans);
  count(document.writer(), "total_tokens", totals.tokens_input + totals.tokens_output);
  dollars(document.writer(), "total_cost", totals.cost);
  count(document.writer(), "total_errors", totals.errors);
  document->end_object();
  return json_response(document);
}

}  // namespace llmtrace::collector::routes
