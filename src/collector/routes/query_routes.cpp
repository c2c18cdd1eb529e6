// Lists and single things of /api/v1.
#include "collector/json/item_json.hpp"
#include "collector/query/filter_language.hpp"
#include "collector/routes/parameters.hpp"
#include "collector/routes/routes.hpp"

namespace llmtrace::collector::routes {
namespace {

constexpr std::string_view no_such_trace = "no such trace in this project";
constexpr std::string_view no_such_span = "no such span in this trace";

TraceId trace_id_of(const Call& call) {
  const auto id = trace_id_from(call.parts[0]);
  if (!id) throw Refusal{404, std::string{no_such_trace}};
  return *id;
}

TraceOrder order_of(const Parameters& parameters) {
  const std::string name = parameters.text("sort").value_or("start_time");
  constexpr std::pair<std::string_view, TraceOrder> orders[] = {{"start_time", TraceOrder::start_time},
                                                                {"latency", TraceOrder::latency},
                                                                {"cost", TraceOrder::cost},
                                                                {"tokens", TraceOrder::tokens},
                                                                {"spans", TraceOrder::spans},
                                                                {"errors", TraceOrder::errors}};
  for (const auto& [known, order] : orders)
    if (known == name) return order;
  throw Refusal{422, "sort: not one of start_time, latency, cost, tokens, spans, errors"};
}

bool ascending(const Parameters& parameters) {
  const std::string order = parameters.text("order").value_or("desc");
  if (order != "asc" && order != "desc") throw Refusal{422, "order: not asc or desc"};
  return order == "asc";
}

std::uint32_t limit_of(const Parameters& parameters, std::int64_t otherwise) {
  return static_cast<std::uint32_t>(parameters.number("limit", 1, 1'000, otherwise));
}

// The members that end every list.
void end_list(JsonDocument& document, std::size_t count, const std::string& next_cursor) {
  document->end_array();
  document->literal_key("count");
  document->integer(count);
  document->literal_key("has_more");
  document->boolean(!next_cursor.empty());
  if (next_cursor.empty()) return;
  document->literal_key("next_cursor");
  document->string(next_cursor);
}

void write_session(core::JsonWriter& writer, const SessionRow& session) {
  writer.begin_object();
  writer.literal_key("session_id");
  writer.string(session.session_id);
  if (session.user_id) {
    writer.literal_key("user_id");
    writer.string(*session.user_id);
  }
  writer.literal_key("first_start");
  write_time(writer, session.first_start);
  writer.literal_key("last_start");
  write_time(writer, session.last_start);
  writer.literal_key("trace_count");
  writer.integer(session.trace_count);
  write_totals(writer, session.totals);
  writer.end_object();
}

void write_project_totals(core::JsonWriter& writer, const std::string& project, const Totals& totals) {
  writer.literal_key("project");
  writer.string(project);
  writer.literal_key("traces");
  writer.integer(totals.traces);
  writer.literal_key("spans");
  writer.integer(totals.spans);
  writer.literal_key("errors");
  writer.integer(totals.errors);
  writer.literal_key("tokens_input");
  writer.integer(totals.tokens_input);
  writer.literal_key("tokens_output");
  writer.integer(totals.tokens_output);
  writer.literal_key("total_cost");
  write_dollars(writer, totals.cost);
}

void write_filter_error(core::JsonWriter& writer, const FilterError& error) {
  writer.begin_object();
  writer.literal_key("message");
  writer.string(error.message);
  writer.literal_key("position");
  writer.integer(error.position);
  writer.literal_key("length");
  writer.integer(error.length);
  writer.end_object();
}

void write_filter_fields(JsonDocument& document) {
  document->literal_key("fields");
  document->begin_array();
  for (const FilterFieldHelp& field : filter_fields()) {
    document->begin_object();
    document->literal_key("name");
    document->string(field.name);
    document->literal_key("operators");
    document->string(field.operators);
    document->literal_key("meaning");
    document->string(field.meaning);
    document->literal_key("example");
    document->string(field.example);
    document->end_object();
  }
  document->end_array();
}

}  // namespace

http::Response list_traces(const Call& call) {
  const Parameters parameters{call};
  TraceQuery query;
  query.project = call.project;
  query.filter = parameters.filter();
  query.time = parameters.time_range();
  query.order = order_of(parameters);
  query.ascending = ascending(parameters);
  query.cursor = parameters.text("cursor").value_or("");
  query.limit = limit_of(parameters, 50);
  const TracePage page = value_of(call.services.store.traces(query, call.services.deadline()), "");
  JsonDocument document;
  document->begin_object();
  document->literal_key("traces");
  document->begin_array();
  for (const StoredTrace& trace : page.traces) {
    document->begin_object();
    write_trace_row(document.writer(), trace, call.project);
    document->end_object();
  }
  end_list(document, page.traces.size(), page.next_cursor);
  document->literal_key("text_complete");
  document->boolean(page.text_complete);
  document->end_object();
  return json_response(document);
}

http::Response show_trace(const Call& call) {
  const Parameters parameters{call};
  const std::string detail = parameters.text("detail").value_or("light");
  if (detail != "light" && detail != "full") throw Refusal{422, "detail: not light or full"};
  const bool full = detail == "full";
  const TraceId id = trace_id_of(call);
  const Deadline deadline = call.services.deadline();
  const StoredTrace trace = value_of(call.services.store.trace(call.project, id, deadline), no_such_trace);
  JsonDocument document;
  document->begin_object();
  document->literal_key("trace");
  document->begin_object();
  write_trace_row(document.writer(), trace, call.project);
  write_trace_details(document.writer(), trace);
  document->end_object();
  document->literal_key("spans");
  document->begin_array();
  std::size_t count = 0;
  const auto visit = [&](const StoredSpan& span) {
    write_span(document.writer(), span, full ? SpanBody::full : SpanBody::light);
    ++count;
    return true;
  };
  static_cast<void>(
      value_of(call.services.store.spans(call.project, id, full ? SpanDetail::full : SpanDetail::light, visit,
                                         deadline),
               no_such_trace));
  document->end_array();
  document->literal_key("span_count");
  document->integer(count);
  document->end_object();
  return json_response(document);
}

http::Response show_span(const Call& call) {
  const auto span_id = span_id_from(call.parts[1]);
  if (!span_id) throw Refusal{404, std::string{no_such_span}};
  const TraceId trace = trace_id_of(call);
  const StoredSpan span = value_of(
      call.services.store.span(call.project, trace, *span_id, call.services.deadline()), no_such_span);
  JsonDocument document;
  write_span(document.writer(), span, SpanBody::full);
  return json_response(document);
}

http::Response list_sessions(const Call& call) {
  const Parameters parameters{call};
  SessionQuery query{call.project, parameters.text("prefix").value_or(""),
                     parameters.text("cursor").value_or(""), limit_of(parameters, 50)};
  const SessionPage page = value_of(call.services.store.sessions(query, call.services.deadline()), "");
  JsonDocument document;
  document->begin_object();
  document->literal_key("sessions");
  document->begin_array();
  for (const SessionRow& session : page.sessions) write_session(document.writer(), session);
  end_list(document, page.sessions.size(), page.next_cursor);
  document->end_object();
  return json_response(document);
}

http::Response list_facets(const Call& call) {
  const Parameters parameters{call};
  const std::string name = parameters.text("field").value_or("");
  const auto field = text_field(name);
  if (!field) throw Refusal{422, "field: not one of those that a list can be narrowed by"};
  const FacetQuery query{call.project, *field, parameters.text("prefix").value_or(""),
                         limit_of(parameters, 20)};
  const auto values = value_of(call.services.store.facets(query, call.services.deadline()), "");
  JsonDocument document;
  document->begin_object();
  document->literal_key("field");
  document->string(name);
  document->literal_key("values");
  document->begin_array();
  for (const FacetValue& value : values) {
    document->begin_object();
    document->literal_key("value");
    document->string(value.value);
    document->literal_key("traces");
    document->integer(value.traces);
    document->end_object();
  }
  document->end_array();
  document->end_object();
  return json_response(document);
}

http::Response show_totals(const Call& call) {
  const Totals totals = value_of(call.services.store.totals(call.project, call.services.deadline()), "");
  JsonDocument document;
  document->begin_object();
  write_project_totals(document.writer(), call.project, totals);
  document->end_object();
  return json_response(document);
}

http::Response list_projects(const Call& call) {
  const auto rows = value_of(call.services.store.projects(call.services.deadline()), "");
  const bool with_keys = !call.services.keys.takes_any();
  JsonDocument document;
  document->begin_object();
  document->literal_key("auth");
  document->plain_string(with_keys ? "keys" : "none");
  document->literal_key("projects");
  document->begin_array();
  for (const ProjectRow& row : rows) {
    if (with_keys && row.project != call.project) continue;
    document->begin_object();
    write_project_totals(document.writer(), row.project, row.totals);
    if (row.last_received) {
      document->literal_key("last_received");
      write_time(document.writer(), *row.last_received);
    }
    document->end_object();
  }
  document->end_array();
  document->end_object();
  return json_response(document);
}

http::Response check_filter(const Call& call) {
  const Parameters parameters{call};
  JsonDocument document;
  document->begin_object();
  if (const auto query = parameters.text("q")) {
    const auto result = parse_filter(*query, call.services.now());
    const auto* error = std::get_if<FilterError>(&result);
    document->literal_key("valid");
    document->boolean(error == nullptr);
    if (error != nullptr) {
      document->literal_key("error");
      write_filter_error(document.writer(), *error);
    }
  } else {
    write_filter_fields(document);
  }
  document->end_object();
  return json_response(document);
}

}  // namespace llmtrace::collector::routes
