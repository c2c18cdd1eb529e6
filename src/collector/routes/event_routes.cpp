// The writing half of the older protocol: one event per call, ids and times from the server.
#include "collector/access/keys.hpp"
#include "collector/routes/event_body.hpp"
#include "collector/routes/event_ids.hpp"
#include "collector/routes/routes.hpp"

#include <algorithm>

namespace llmtrace::collector::routes {
namespace {

constexpr std::size_t longest_field = 255;
constexpr std::size_t longest_id = 100;
constexpr std::size_t any_length = ingest::largest_field;
constexpr std::string_view start_key = "llmtrace.start_time";
constexpr std::string_view end_key = "llmtrace.end_time";

http::Response done(core::PlainKey id_key, const std::string& id, std::string_view status) {
  JsonDocument document;
  document->begin_object();
  document->literal_key(id_key);
  document->plain_string(id);
  document->literal_key("status");
  document->plain_string(status);
  document->end_object();
  return json_response(document);
}

http::Response no_trace(std::string_view id, const std::string& project) {
  return error_response(404, "Trace " + std::string{id} + " not found for project " + project);
}

http::Response no_span(std::string_view id) {
  return error_response(404, "Span " + std::string{id} + " not found");
}

Batch batch_of(const EventBody& body, const std::string& project) {
  Batch batch;
  batch.project = project;
  batch.memory = body.memory();
  batch.bytes = body.bytes();
  return batch;
}

void read_project(EventBody& body, const std::string& own, bool& other) {
  const std::string_view named = body.required_text("project_id", longest_id);
  if (named.empty()) return;
  if (!access::is_project_id(named))
    return body.complain("project_id", "only letters, digits, _ and - are allowed");
  other = named != own;
}

TraceUpdate read_new_trace(EventBody& body, UnixTime now) {
  TraceUpdate update;
  update.trace_id = new_trace_id();
  update.name = body.name();
  update.metadata = body.object("metadata");
  update.tags = body.tags("tags");
  update.user_id = body.text("user_id", longest_field);
  update.session_id = body.text("session_id", longest_field);
  update.start_time = body.time_in("metadata", start_key).value_or(now);
  update.status = Status::running;
  return update;
}

void read_results(EventBody& body, SpanUpdate& update) {
  update.output_data = body.object("output_data");
  update.error = body.text("error", any_length);
  update.tokens_input = body.count("tokens_input");
  update.tokens_output = body.count("tokens_output");
  update.cost = body.dollars("cost_usd");
  if (update.error && !update.error->empty()) update.status = Status::error;
}

SpanUpdate read_new_span(EventBody& body, TraceId trace, UnixTime now) {
  SpanUpdate update;
  update.trace_id = trace;
  update.span_id = new_span_id();
  update.findable = true;
  update.needs = Requires::trace;
  update.name = body.name();
  update.span_type = body.span_type();
  if (const auto parent = body.text("parent_span_id", longest_id); parent && !parent->empty())
    update.parent_span_id = span_id_from(*parent).value_or(foreign_span_id(*parent));
  update.input_data = body.object("input_data");
  update.metadata = body.object("metadata");
  update.model = body.text("model", longest_field);
  read_results(body, update);
  update.start_time = body.time_in("metadata", start_key).value_or(now);
  return update;
}

}  // namespace

void create_trace(Call call, http::Reply reply) {
  EventBody body{std::move(call.request.body)};
  bool other_project = false;
  TraceUpdate update = read_new_trace(body, call.services.now());
  read_project(body, call.project, other_project);
  if (!body.good()) return reply(body.complaints());
  if (other_project)
    return reply(error_response(403, "Project ID mismatch: the key is for '" + call.project +
                                         "' and the request for another project"));
  std::string id = to_hex(update.trace_id);
  Batch batch = batch_of(body, call.project);
  batch.traces.push_back(std::move(update));
  commit(call.services, std::move(batch), std::move(reply),
         [id = std::move(id)](const Applied&) { return done("trace_id", id, "created"); });
}

void create_span(Call call, http::Reply reply) {
  const auto trace = event_trace_id(call.parts[0]);
  EventBody body{std::move(call.request.body)};
  SpanUpdate update = read_new_span(body, trace.value_or(TraceId{}), call.services.now());
  if (!body.good()) return reply(body.complaints());
  if (!trace) return reply(no_trace(call.parts[0], call.project));
  std::string id = to_hex(update.span_id);
  Batch batch = batch_of(body, call.project);
  batch.spans.push_back(update);
  commit(call.services, std::move(batch), std::move(reply),
         [id = std::move(id), trace_id = call.parts[0], project = call.project](const Applied& applied) {
           if (applied.spans.at(0) != ItemOutcome::stored) return no_trace(trace_id, project);
           return done("span_id", id, "created");
         });
}

void complete_span(Call call, http::Reply reply) {
  const auto span = span_id_from(call.parts[0]);
  EventBody body{std::move(call.request.body)};
  SpanUpdate update;
  read_results(body, update);
  if (!body.good()) return reply(body.complaints());
  if (!span) return reply(no_span(call.parts[0]));
  const UnixTime now = call.services.now();
  update.span_id = *span;
  update.needs = Requires::span;
  update.revision = now;
  update.end_time = body.time_in("metadata", end_key).value_or(now);
  if (!update.status) update.status = Status::ok;
  Batch batch = batch_of(body, call.project);
  batch.spans.push_back(update);
  commit(call.services, std::move(batch), std::move(reply), [id = call.parts[0]](const Applied& applied) {
    if (applied.spans.at(0) != ItemOutcome::stored) return no_span(id);
    return done("span_id", id, "completed");
  });
}

void complete_trace(Call call, http::Reply reply) {
  const auto trace = event_trace_id(call.parts[0]);
  EventBody body{std::move(call.request.body)};
  TraceUpdate update;
  const auto output = body.text("output", any_length);
  if (output) update.output = body.json("output");
  update.metadata = body.object("metadata");
  update.extend_metadata = true;
  if (!body.good()) return reply(body.complaints());
  if (!trace) return reply(no_trace(call.parts[0], call.project));
  const UnixTime now = call.services.now();
  update.trace_id = *trace;
  update.needs = Requires::trace;
  update.revision = now;
  update.end_time = body.time_in("metadata", end_key).value_or(now);
  update.status = Status::ok;
  Batch batch = batch_of(body, call.project);
  batch.traces.push_back(std::move(update));
  commit(call.services, std::move(batch), std::move(reply),
         [id = call.parts[0], project = call.project](const Applied& applied) {
           if (applied.traces.at(0) != ItemOutcome::stored) return no_trace(id, project);
           return done("trace_id", id, "completed");
         });
}

}  // namespace llmtrace::collector::routes
