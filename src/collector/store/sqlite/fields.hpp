// The one list of stored fields and their columns. Binding, reading and merging walk it, so they cannot
// disagree. Each function visits two objects side by side; to visit one, pass it twice.
#pragma once

namespace llmtrace::collector::sqlite {

// Of a trace's row. Start, end and status are not here: they are merged by rules of their own.
template <class A, class B, class Visit>
void zip_trace_row(A& a, B& b, Visit&& visit) {
  visit("root_span_id", a.root_span_id, b.root_span_id);
  visit("stated_duration", a.duration, b.duration);
  visit("name", a.name, b.name);
  visit("error", a.error, b.error);
  visit("user_id", a.user_id, b.user_id);
  visit("session_id", a.session_id, b.session_id);
  visit("environment", a.environment, b.environment);
  visit("release", a.release, b.release);
  visit("tags", a.tags, b.tags);
}

// Of trace_io.
template <class A, class B, class Visit>
void zip_trace_io(A& a, B& b, Visit&& visit) {
  visit("metadata", a.metadata, b.metadata);
  visit("input", a.input, b.input);
  visit("output", a.output, b.output);
  visit("resource", a.resource, b.resource);
}

// Of a span's row, again without start, end and status.
template <class A, class B, class Visit>
void zip_span_row(A& a, B& b, Visit&& visit) {
  visit("parent_span_id", a.parent_span_id, b.parent_span_id);
  visit("stated_duration", a.duration, b.duration);
  visit("span_type", a.span_type, b.span_type);
  visit("stream", a.stream, b.stream);
  visit("cancelled", a.cancelled, b.cancelled);
  visit("tokens_input", a.tokens_input, b.tokens_input);
  visit("tokens_output", a.tokens_output, b.tokens_output);
  visit("cost", a.cost, b.cost);
  visit("time_to_first_token", a.time_to_first_token, b.time_to_first_token);
  visit("chunk_count", a.chunk_count, b.chunk_count);
  visit("name", a.name, b.name);
  visit("error", a.error, b.error);
  visit("error_type", a.error_type, b.error_type);
  visit("status_message", a.status_message, b.status_message);
  visit("operation", a.operation, b.operation);
  visit("agent_type", a.agent_type, b.agent_type);
  visit("model", a.model, b.model);
  visit("response_model", a.response_model, b.response_model);
  visit("provider", a.provider, b.provider);
  visit("response_id", a.response_id, b.response_id);
  visit("cost_source", a.cost_source, b.cost_source);
  visit("finish_reasons", a.finish_reasons, b.finish_reasons);
}

// Of span_io.
template <class A, class B, class Visit>
void zip_span_io(A& a, B& b, Visit&& visit) {
  visit("input_data", a.input_data, b.input_data);
  visit("output_data", a.output_data, b.output_data);
  visit("metadata", a.metadata, b.metadata);
  visit("attributes", a.attributes, b.attributes);
  visit("parameters", a.parameters, b.parameters);
  visit("output_text", a.output_text, b.output_text);
  visit("reasoning", a.reasoning, b.reasoning);
  visit("tool_calls", a.tool_calls, b.tool_calls);
  visit("usage", a.usage, b.usage);
  visit("cost_details", a.cost_details, b.cost_details);
  visit("events", a.events, b.events);
  visit("links", a.links, b.links);
  visit("scores", a.scores, b.scores);
  visit("truncated", a.truncated, b.truncated);
}

}  // namespace llmtrace::collector::sqlite
