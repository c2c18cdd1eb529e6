// Cohere: chat of v2 and v1, generate, embed and rerank, streamed or not. What is billed are the
// billed_units; the tokens beside them also count the provider's own prompt.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

void begin(Draft& draft, const JsonValue&) {
  draft.event = {};
  draft.choice = {};
  draft.call = {};
}

void set_type(Draft& draft, const JsonValue& value) { draft.event.type.assign(value.text); }

void set_finish_reason(Draft& draft, const JsonValue& value) {
  draft.choices.at(0).finish_reason.assign(value.text);
}

void begin_call(Draft& draft, const JsonValue&) { draft.call = {}; }
void set_call_id(Draft& draft, const JsonValue& value) { draft.call.id.assign(value.text); }
void set_call_name(Draft& draft, const JsonValue& value) { draft.call.name.assign(value.text); }
void set_call_arguments(Draft& draft, const JsonValue& value) {
  note_cut(draft, !value.cut);
  draft.call.arguments.assign(value.text);
}
// v1 repeats the whole answer in the last event: `element` is what the deltas make, or what repeats them.
template <Choices Draft::*element>
void end_call(Draft& draft, const JsonValue&) {
  Choices& to = draft.*element;
  note_cut(draft, to.add_new_call(to.at(0), std::exchange(draft.call, {})));
}

// The first event of a stream has the id of its message; tool calls come in deltas by index.
void end(Draft& draft, const JsonValue&) {
  Choice& choice = draft.choices.at(0);
  bool whole = draft.choices.add_text(choice, draft.choice.text);
  whole &= draft.choices.add_reasoning(choice, draft.choice.reasoning);
  if (draft.event.type == "tool-call-start" || draft.event.type == "tool-call-delta") {
    draft.call.index = draft.event.index.value_or(0);
    whole &= draft.choices.add_call(choice, std::move(draft.call));
  }
  if (draft.event.type == "message-end" || draft.event.type == "stream-end") draft.facts.stream_ended = true;
  note_cut(draft, whole);
}

void add_final_text(Draft& draft, const JsonValue& value) {
  note_cut(draft, draft.final.add_text(draft.final.at(0), value.text) && !value.cut);
}

void count_vector(Draft& draft, const JsonValue& value) {
  draft.facts.embedding_count = draft.facts.embedding_count.value_or(0) + 1;
  draft.facts.embedding_dimension = value.length;
}

constexpr JsonRow answer_rows[] = {
    first_row<&Facts::response_id>("id"),
    first_row<&Facts::response_id>("response_id"),
    first_row<&Facts::response_id>("generation_id"),
    first_row<&Facts::response_model>("model"),
    row<&set_finish_reason>("finish_reason", take::text),
    stage_row<&Draft::choice, &StagedOutput::text>("message.content[].text"),
    stage_row<&Draft::choice, &StagedOutput::text>("message.content", long_text | take::anything),
    stage_row<&Draft::choice, &StagedOutput::reasoning>("message.content[].thinking"),
    stage_row<&Draft::choice, &StagedOutput::reasoning>("message.tool_plan"),
    row<&begin_call>("message.tool_calls[]", take::enter),
    row<&set_call_id>("message.tool_calls[].id", take::text),
    row<&set_call_name>("message.tool_calls[].function.name", take::text),
    row<&set_call_arguments>("message.tool_calls[].function.arguments", long_text | take::object),
    row<&end_call<&Draft::choices>>("message.tool_calls[]", take::leave),
    row<&begin_call>("tool_calls[]", take::enter),
    row<&set_call_id>("tool_calls[].id", take::text),
    row<&set_call_name>("tool_calls[].name", take::text),
    row<&set_call_arguments>("tool_calls[].parameters", take::object),
};

constexpr JsonRow text_rows[] = {
    row<&end_call<&Draft::choices>>("tool_calls[]", take::leave),
    stage_row<&Draft::choice, &StagedOutput::text>("text"),
    stage_row<&Draft::choice, &StagedOutput::text>("generations[].text"),
    row<&set_finish_reason>("generations[].finish_reason", take::text),
};

constexpr JsonRow final_text_rows[] = {
    row<&end_call<&Draft::final>>("tool_calls[]", take::leave),
    row<&add_final_text>("text", long_text),
    row<&add_final_text>("generations[].text", long_text),
    row<&set_finish_reason>("generations[].finish_reason", take::text),
};

constexpr JsonRow usage_rows[] = {
    usage_row<&Usage::input>("billed_units.input_tokens"),
    usage_row<&Usage::output>("billed_units.output_tokens"),
    usage_row<&Usage::search_units>("billed_units.search_units"),
    usage_row<&Usage::input_image>("billed_units.image_tokens"),
    raw_usage_row<&RawUsage::processed_input>("tokens.input_tokens"),
    raw_usage_row<&RawUsage::processed_output>("tokens.output_tokens"),
    usage_row<&Usage::output_reasoning>("tokens.reasoning_tokens"),
    usage_row<&Usage::input_cached>("cached_tokens"),
};

constexpr JsonRow event_rows[] = {
    row<&begin>("", take::enter),
    row<&set_type>("type", take::text),
    row<&set_type>("event_type", take::text),
    row<&stage_index<&Draft::event>>("index", take::number),
    stage_row<&Draft::choice, &StagedOutput::text>("delta.message.content.text"),
    stage_row<&Draft::choice, &StagedOutput::reasoning>("delta.message.content.thinking"),
    stage_row<&Draft::choice, &StagedOutput::reasoning>("delta.message.tool_plan"),
    row<&set_call_id>("delta.message.tool_calls.id", take::text),
    row<&set_call_name>("delta.message.tool_calls.function.name", take::text),
    row<&set_call_arguments>("delta.message.tool_calls.function.arguments", long_text | take::object),
    lenient("delta.message.content"),
    lenient("delta.message.tool_calls"),
    row<&set_finish_reason>("delta.finish_reason", take::text),
    row<&count_vector>("embeddings.*[]", take::count),
    row<&count_vector>("embeddings[]", take::count),
    row<&count_vector>("[]", take::count | take::anything),
    row<&end>("", take::leave),
};

}  // namespace

const JsonTable& cohere_response() {
  static const JsonTable& table = *new JsonTable{{
      {answer_rows},
      {text_rows},
      {usage_rows, "usage"},
      {usage_rows, "meta"},
      {answer_rows, "response"},
      {final_text_rows, "response"},
      {usage_rows, "response.meta"},
      {usage_rows, "delta.usage"},
      {event_rows},
      {error_rows()},
  }};
  return table;
}

constexpr JsonRow reka_rows[] = {
    stage_row<&Draft::choice, &StagedOutput::text>("responses[].message.content"),
    row<&set_finish_reason>("responses[].finish_reason", take::text),
};

// Writer has Cohere's path and OpenAI's shape, Reka nearly that.
const JsonTable& v1_chat_response() {
  static const JsonTable& table = *new JsonTable{{
      {answer_rows},
      {text_rows},
      {usage_rows, "usage"},
      {usage_rows, "meta"},
      {answer_rows, "response"},
      {final_text_rows, "response"},
      {usage_rows, "response.meta"},
      {event_rows},
      {chat_rows()},
      {reka_rows},
      {chat_message_rows(), "choices[].message"},
      {chat_delta_rows(), "choices[].delta"},
      {chat_usage_rows(), "usage"},
      {error_rows()},
  }};
  return table;
}

namespace {

void begin_message(Draft& draft, const JsonValue&) {
  draft.messages.begin();
  draft.messages.role("user");
}
void end_message(Draft& draft, const JsonValue&) { draft.messages.end(); }
void set_role(Draft& draft, const JsonValue& value) {
  const bool model = value.text == "CHATBOT";
  draft.messages.role(model ? "assistant" : value.text == "USER" ? "user" : value.text);
}
void add_text(Draft& draft, const JsonValue& value) { draft.messages.add_text(value.text); }
void add_message(Draft& draft, const JsonValue& value) {
  draft.messages.begin();
  draft.messages.role("user");
  draft.messages.add_text(value.text);
  draft.messages.end();
}
void add_preamble(Draft& draft, const JsonValue& value) { draft.system.add_text(value.text); }

constexpr JsonRow request_rows[] = {
    row<&add_message>("message", long_text),
    row<&add_preamble>("preamble", long_text),
    row<&begin_message>("chat_history[]", take::enter),
    row<&set_role>("chat_history[].role", take::text),
    row<&add_text>("chat_history[].message", long_text),
    row<&end_message>("chat_history[]", take::leave),
};

}  // namespace

std::span<const JsonRow> cohere_request_rows() { return request_rows; }

const JsonTable& cohere_request() {
  static const JsonTable& table = *new JsonTable{{{chat_request_rows()}, {request_rows}}};
  return table;
}

}  // namespace llmtrace::llm
