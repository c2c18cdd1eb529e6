#include "collector/json/item_json.hpp"

#include "core/number_format.hpp"
#include "core/time_format.hpp"

#include <array>

namespace llmtrace::collector {
namespace {

using core::JsonWriter;
using core::PlainKey;

void text(JsonWriter& writer, PlainKey key, const std::optional<std::string>& value) {
  if (!value) return;
  writer.literal_key(key);
  writer.string(*value);
}

void json(JsonWriter& writer, PlainKey key, const std::optional<std::string>& value) {
  if (!value) return;
  writer.literal_key(key);
  writer.raw(*value);
}

void time(JsonWriter& writer, PlainKey key, const std::optional<UnixTime>& value) {
  if (!value) return;
  writer.literal_key(key);
  write_time(writer, *value);
}

void milliseconds(JsonWriter& writer, PlainKey key, const std::optional<std::int64_t>& value) {
  if (!value) return;
  writer.literal_key(key);
  write_milliseconds(writer, *value);
}

void dollars(JsonWriter& writer, PlainKey key, const std::optional<std::int64_t>& value) {
  if (!value) return;
  writer.literal_key(key);
  write_dollars(writer, *value);
}

void count(JsonWriter& writer, PlainKey key, const std::optional<std::int64_t>& value) {
  if (!value) return;
  writer.literal_key(key);
  writer.integer(*value);
}

void boolean(JsonWriter& writer, PlainKey key, const std::optional<bool>& value) {
  if (!value) return;
  writer.literal_key(key);
  writer.boolean(*value);
}

void plain(JsonWriter& writer, PlainKey key, std::string_view value) {
  writer.literal_key(key);
  writer.plain_string(value);
}

void tags(JsonWriter& writer, const std::optional<std::vector<std::string>>& values) {
  if (!values) return;
  writer.literal_key("tags");
  writer.begin_array();
  for (const std::string& value : *values) writer.string(value);
  writer.end_array();
}

template <class Item>
void times(JsonWriter& writer, const Item& item) {
  time(writer, "start_time", item.start_time);
  time(writer, "end_time", item.end_time);
  milliseconds(writer, "duration_ms", item.duration);
}

void trace_head(JsonWriter& writer, const StoredTrace& trace, std::string_view project) {
  plain(writer, "trace_id", to_hex(trace.trace_id));
  if (trace.root_span_id) plain(writer, "root_span_id", to_hex(*trace.root_span_id));
  text(writer, "name", trace.name);
  plain(writer, "project_id", project);
  times(writer, trace);
  if (trace.status) plain(writer, "status", to_string(*trace.status));
  text(writer, "error", trace.error);
  text(writer, "user_id", trace.user_id);
  text(writer, "session_id", trace.session_id);
  text(writer, "environment", trace.environment);
  text(writer, "release", trace.release);
  tags(writer, trace.tags);
}

void span_head(JsonWriter& writer, const StoredSpan& span) {
  plain(writer, "span_id", to_hex(span.span_id));
  plain(writer, "trace_id", to_hex(span.trace_id));
  if (span.parent_span_id) plain(writer, "parent_span_id", to_hex(*span.parent_span_id));
  text(writer, "name", span.name);
  if (span.span_type) plain(writer, "span_type", to_string(*span.span_type));
  if (span.status) plain(writer, "status", to_string(*span.status));
  times(writer, span);
  text(writer, "error", span.error);
  text(writer, "error_type", span.error_type);
  text(writer, "status_message", span.status_message);
  text(writer, "operation", span.operation);
  text(writer, "agent_type", span.agent_type);
  text(writer, "model", span.model);
  text(writer, "response_model", span.response_model);
  text(writer, "provider", span.provider);
  text(writer, "response_id", span.response_id);
  json(writer, "finish_reasons", span.finish_reasons);
}

void span_figures(JsonWriter& writer, const StoredSpan& span) {
  boolean(writer, "stream", span.stream);
  boolean(writer, "cancelled", span.cancelled);
  count(writer, "tokens_input", span.tokens_input);
  count(writer, "tokens_output", span.tokens_output);
  dollars(writer, "cost_usd", span.cost);
  text(writer, "cost_source", span.cost_source);
  milliseconds(writer, "time_to_first_token_ms", span.time_to_first_token);
  count(writer, "chunk_count", span.chunk_count);
}

void span_heavy(JsonWriter& writer, const StoredSpan& span) {
  json(writer, "input_data", span.input_data);
  json(writer, "output_data", span.output_data);
  json(writer, "metadata", span.metadata);
  json(writer, "attributes", span.attributes);
  json(writer, "parameters", span.parameters);
  text(writer, "output_text", span.output_text);
  text(writer, "reasoning", span.reasoning);
  json(writer, "tool_calls", span.tool_calls);
  json(writer, "usage", span.usage);
  json(writer, "cost_details", span.cost_details);
  json(writer, "events", span.events);
  json(writer, "links", span.links);
  json(writer, "scores", span.scores);
  json(writer, "truncated", span.truncated);
}

}  // namespace

void write_time(JsonWriter& writer, UnixTime time) {
  std::array<char, core::rfc3339_size> out;
  core::format_rfc3339(time, out.data());
  writer.plain_string({out.data(), out.size()});
}

void write_milliseconds(JsonWriter& writer, std::int64_t nanoseconds) {
  std::array<char, core::longest_milliseconds> out;
  const char* const end = core::format_milliseconds(nanoseconds, out.data());
  writer.raw({out.data(), static_cast<std::size_t>(end - out.data())});
}

void write_dollars(JsonWriter& writer, std::int64_t nanodollars) {
  writer.number(static_cast<double>(nanodollars) / nanodollars_per_dollar);
}

void write_totals(JsonWriter& writer, const TraceTotals& totals) {
  count(writer, "span_count", totals.span_count);
  count(writer, "error_count", totals.error_count);
  count(writer, "open_count", totals.open_count);
  count(writer, "llm_count", totals.llm_count);
  count(writer, "tokens_input", totals.tokens_input);
  count(writer, "tokens_output", totals.tokens_output);
  dollars(writer, "total_cost", totals.cost);
  milliseconds(writer, "time_to_first_token_ms", totals.time_to_first_token);
}

void write_trace_row(JsonWriter& writer, const StoredTrace& trace, std::string_view project) {
  trace_head(writer, trace, project);
  text(writer, "input_preview", trace.input_preview);
  text(writer, "output_preview", trace.output_preview);
  write_totals(writer, trace.totals);
  boolean(writer, "header", trace.has_header);
  writer.literal_key("received_time");
  write_time(writer, trace.received);
  writer.literal_key("sequence");
  writer.integer(trace.sequence);
}

void write_trace_details(JsonWriter& writer, const StoredTrace& trace) {
  json(writer, "metadata", trace.metadata);
  json(writer, "input", trace.input);
  json(writer, "output", trace.output);
  json(writer, "resource", trace.resource);
}

void write_span(JsonWriter& writer, const StoredSpan& span, SpanBody body) {
  writer.begin_object();
  span_head(writer, span);
  span_figures(writer, span);
  count(writer, "input_bytes", span.input_bytes);
  count(writer, "output_bytes", span.output_bytes);
  if (body == SpanBody::full) span_heavy(writer, span);
  writer.end_object();
}

void write_wire_trace(JsonWriter& writer, const StoredTrace& trace, std::string_view project) {
  writer.begin_object();
  trace_head(writer, trace, project);
  write_trace_details(writer, trace);
  count(writer, "span_count", trace.totals.span_count);
  count(writer, "error_count", trace.totals.error_count);
  count(writer, "tokens_input", trace.totals.tokens_input);
  count(writer, "tokens_output", trace.totals.tokens_output);
  dollars(writer, "total_cost", trace.totals.cost);
  writer.end_object();
}

void write_wire_span(JsonWriter& writer, const StoredSpan& span) {
  writer.begin_object();
  span_head(writer, span);
  span_figures(writer, span);
  span_heavy(writer, span);
  writer.end_object();
}

}  // namespace llmtrace::collector
