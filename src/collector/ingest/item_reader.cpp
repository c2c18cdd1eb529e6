#include "collector/ingest/item_reader.hpp"

#include "core/json_check.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <array>

namespace llmtrace::collector::ingest {
namespace {

struct Reading {
  std::string_view project;
  TextArena& arena;
  bool has_trace_id = false;
  bool has_span_id = false;
};

template <class Update>
struct FieldRule {
  std::string_view name;
  FieldError (*read)(std::string_view value, Reading& reading, Update& out);
};

template <auto member, class Update>
FieldError text(std::string_view value, Reading& reading, Update& out) {
  return read_text(value, reading.arena, out.*member);
}

// For readers that need no arena.
template <auto read, auto member, class Update>
FieldError plain(std::string_view value, Reading&, Update& out) {
  return read(value, out.*member);
}

template <class Update>
FieldError own_trace_id(std::string_view value, Reading& reading, Update& out) {
  reading.has_trace_id = true;
  return read_trace_id(value, out.trace_id);
}

FieldError own_span_id(std::string_view value, Reading& reading, SpanUpdate& out) {
  reading.has_span_id = true;
  return read_span_id(value, out.span_id);
}

template <auto member, class Update>
FieldError other_span_id(std::string_view value, Reading&, Update& out) {
  SpanId id;
  const FieldError error = read_span_id(value, id);
  if (error.empty()) out.*member = id;
  return error;
}

template <class Update>
FieldError project(std::string_view value, Reading& reading, Update&) {
  if (kind_of(value) != JsonKind::text) return "not a text";
  if (reading.project.empty() || value.substr(1, value.size() - 2) == reading.project) return {};
  const std::string_view shown = core::cut_utf8(value.substr(1, value.size() - 2), 100);
  return reading.arena.keep("\"" + std::string{shown} + "\" is not the project of the key");
}

FieldError tags(std::string_view value, Reading& reading, TraceUpdate& out) {
  return read_texts(value, reading.arena, out.tags);
}

using Span = SpanUpdate;
using Trace = TraceUpdate;

// In the order of their names.
constexpr std::array span_rules = std::to_array<FieldRule<Span>>({
    {"agent_type", text<&Span::agent_type, Span>},
    {"attributes", plain<read_object, &Span::attributes, Span>},
    {"cancelled", plain<read_boolean, &Span::cancelled, Span>},
    {"chunk_count", plain<read_count, &Span::chunk_count, Span>},
    {"cost_details", plain<read_object, &Span::cost_details, Span>},
    {"cost_source", text<&Span::cost_source, Span>},
    {"cost_usd", plain<read_dollars, &Span::cost, Span>},
    {"duration_ms", plain<read_milliseconds, &Span::duration, Span>},
    {"end_time", plain<read_time, &Span::end_time, Span>},
    {"error", text<&Span::error, Span>},
    {"error_type", text<&Span::error_type, Span>},
    {"events", plain<read_list, &Span::events, Span>},
    {"finish_reasons", plain<read_list, &Span::finish_reasons, Span>},
    {"input_data", plain<read_json, &Span::input_data, Span>},
    {"links", plain<read_list, &Span::links, Span>},
    {"metadata", plain<read_object, &Span::metadata, Span>},
    {"model", text<&Span::model, Span>},
    {"name", text<&Span::name, Span>},
    {"operation", text<&Span::operation, Span>},
    {"output_data", plain<read_json, &Span::output_data, Span>},
    {"output_text", text<&Span::output_text, Span>},
    {"parameters", plain<read_object, &Span::parameters, Span>},
    {"parent_span_id", other_span_id<&Span::parent_span_id, Span>},
    {"project_id", project<Span>},
    {"provider", text<&Span::provider, Span>},
    {"reasoning", text<&Span::reasoning, Span>},
    {"response_id", text<&Span::response_id, Span>},
    {"response_model", text<&Span::response_model, Span>},
    {"scores", plain<read_list, &Span::scores, Span>},
    {"span_id", own_span_id},
    {"span_type", plain<read_span_type, &Span::span_type, Span>},
    {"start_time", plain<read_time, &Span::start_time, Span>},
    {"status", plain<read_status, &Span::status, Span>},
    {"status_message", text<&Span::status_message, Span>},
    {"stream", plain<read_boolean, &Span::stream, Span>},
    {"time_to_first_token_ms", plain<read_milliseconds, &Span::time_to_first_token, Span>},
    {"tokens_input", plain<read_count, &Span::tokens_input, Span>},
    {"tokens_output", plain<read_count, &Span::tokens_output, Span>},
    {"tool_calls", plain<read_list, &Span::tool_calls, Span>},
    {"trace_id", own_trace_id<Span>},
    {"truncated", plain<read_object, &Span::truncated, Span>},
    {"usage", plain<read_object, &Span::usage, Span>},
});

constexpr std::array trace_rules = std::to_array<FieldRule<Trace>>({
    {"duration_ms", plain<read_milliseconds, &Trace::duration, Trace>},
    {"end_time", plain<read_time, &Trace::end_time, Trace>},
    {"environment", text<&Trace::environment, Trace>},
    {"error", text<&Trace::error, Trace>},
    {"input", plain<read_json, &Trace::input, Trace>},
    {"metadata", plain<read_object, &Trace::metadata, Trace>},
    {"name", text<&Trace::name, Trace>},
    {"output", plain<read_json, &Trace::output, Trace>},
    {"project_id", project<Trace>},
    {"release", text<&Trace::release, Trace>},
    {"resource", plain<read_object, &Trace::resource, Trace>},
    {"root_span_id", other_span_id<&Trace::root_span_id, Trace>},
    {"session_id", text<&Trace::session_id, Trace>},
    {"start_time", plain<read_time, &Trace::start_time, Trace>},
    {"status", plain<read_status, &Trace::status, Trace>},
    {"tags", tags},
    {"trace_id", own_trace_id<Trace>},
    {"user_id", text<&Trace::user_id, Trace>},
});

template <class Rules>
constexpr bool in_order(const Rules& rules) {
  return std::is_sorted(rules.begin(), rules.end(),
                        [](const auto& a, const auto& b) { return a.name < b.name; });
}
static_assert(in_order(span_rules) && in_order(trace_rules));

template <class Rules>
const auto* rule_of(const Rules& rules, std::string_view quoted_key) noexcept {
  const std::string_view key = quoted_key.substr(1, quoted_key.size() - 2);
  const auto found =
      std::lower_bound(rules.begin(), rules.end(), key,
                       [](const auto& rule, std::string_view name) { return rule.name < name; });
  return found != rules.end() && found->name == key ? &*found : nullptr;
}

std::string not_an_item(std::string_view item) {
  if (!core::valid_utf8(item)) return "not valid UTF-8";
  if (!core::is_valid_json(item, deepest_item)) return "not valid JSON, or more than 64 levels deep";
  return std::string{name_of(kind_of(item))} + " is not an item";
}

std::string times_problem(const auto& out) {
  if (out.start_time && out.end_time && *out.end_time < *out.start_time) return "end_time: before start_time";
  return {};
}

template <class Rules, class Update>
std::string read_fields(const Rules& rules, std::string_view item, Reading& reading, Update& out) {
  if (kind_of(item) != JsonKind::object || !core::is_valid_json(item, deepest_item)) return not_an_item(item);
  JsonMembers members{item};
  for (std::string_view key, value; members.next(key, value);) {
    const auto* rule = rule_of(rules, key);
    if (rule == nullptr || kind_of(value) == JsonKind::null) continue;
    const FieldError error = rule->read(value, reading, out);
    if (!error.empty()) return std::string{rule->name}.append(": ").append(error);
  }
  if (!reading.has_trace_id) return "trace_id: missing";
  return times_problem(out);
}

}  // namespace

std::string read_span(std::string_view item, std::string_view project, TextArena& arena, SpanUpdate& out) {
  Reading reading{project, arena};
  std::string error = read_fields(span_rules, item, reading, out);
  if (error.empty() && !reading.has_span_id) error = "span_id: missing";
  if (error.empty() && out.parent_span_id == out.span_id) error = "parent_span_id: the span itself";
  if (error.empty()) out.revision = natural_revision(out);
  return error;
}

std::string read_trace(std::string_view item, std::string_view project, TextArena& arena, TraceUpdate& out) {
  Reading reading{project, arena};
  std::string error = read_fields(trace_rules, item, reading, out);
  if (error.empty()) out.revision = natural_revision(out);
  return error;
}

}  // namespace llmtrace::collector::ingest
