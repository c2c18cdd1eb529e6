// OpenAI's Responses. Its stream repeats the whole answer in the last event, which then counts more than the
// deltas; where the stream broke off before, the deltas are what there is.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

void begin_output(Draft& draft, const JsonValue&) { draft.final.clear(); }

// A part of reasoning may stand in an item whose own type comes behind it.
void end_part(Draft& draft, const JsonValue&) {
  Choice& choice = draft.final.at(0);
  StagedOutput& part = draft.choice;
  // a compaction repeats what the user said
  if (part.type == "input_text") part = {};
  const bool is_reasoning = part.type == "reasoning_text" || part.type == "summary_text";
  const bool whole =
      is_reasoning ? draft.final.add_reasoning(choice, part.text) : draft.final.add_text(choice, part.text);
  note_cut(draft, whole && draft.final.add_refusal(choice, part.refusal));
  part = {};
}

bool is_call(std::string_view type) { return type == "function_call" || type == "custom_tool_call"; }

StagedCall call_of(StagedOutput& item) {
  return {std::nullopt, std::move(item.id), std::move(item.name), std::move(item.arguments), true};
}

void end_item(Draft& draft, const JsonValue&) {
  Choice& choice = draft.final.at(0);
  bool whole = draft.final.add_reasoning(choice, draft.item.reasoning);
  if (is_call(draft.item.type)) whole &= draft.final.add_call(choice, call_of(draft.item));
  note_cut(draft, whole);
  draft.item = {};
}

// A response that goes on in the background is all that there is of it; in a stream more will follow.
void set_status(Draft& draft, const JsonValue& value) {
  if (draft.in_stream && (value.text == "in_progress" || value.text == "queued")) return;
  Choice& choice = draft.choices.at(0);
  if (choice.finish_reason.empty() || value.text != "incomplete") choice.finish_reason.assign(value.text);
}

void set_incomplete_reason(Draft& draft, const JsonValue& value) {
  draft.choices.at(0).finish_reason.assign(value.text);
}

void set_tier(Draft& draft, const JsonValue& value) { draft.facts.service_tier.assign(value.text); }

// The members of a response, alone or below "response" in an event.
constexpr JsonRow rows[] = {
    first_row<&Facts::response_id>("id"),
    first_row<&Facts::response_model>("model"),
    row<&set_tier>("service_tier", take::text | take::anything),
    row<&set_status>("status", take::text),
    row<&set_incomplete_reason>("incomplete_details.reason", take::text),
    row<&begin_output>("output", take::enter),
    row<&clear_staged<&Draft::item>>("output[]", take::enter),
    stage_row<&Draft::item, &StagedOutput::type>("output[].type", take::text),
    stage_row<&Draft::item, &StagedOutput::id>("output[].call_id", take::text),
    stage_row<&Draft::item, &StagedOutput::name>("output[].name", take::text),
    stage_row<&Draft::item, &StagedOutput::arguments>("output[].arguments", long_text | take::object),
    stage_row<&Draft::item, &StagedOutput::arguments>("output[].input", long_text | take::anything),
    stage_row<&Draft::choice, &StagedOutput::type>("output[].content[].type", take::text),
    stage_row<&Draft::choice, &StagedOutput::text>("output[].content[].text"),
    stage_row<&Draft::choice, &StagedOutput::refusal>("output[].content[].refusal"),
    row<&end_part>("output[].content[]", take::leave),
    stage_row<&Draft::item, &StagedOutput::reasoning>("output[].summary[].text"),
    row<&end_item>("output[]", take::leave),
};

void set_event_type(Draft& draft, const JsonValue& value) { draft.event.type.assign(value.text); }

void begin_event(Draft& draft, const JsonValue&) { draft.event = {}; }

// Deltas name their item by its place in the output.
StagedCall delta_call(Draft& draft, std::string&& arguments, bool whole) {
  return {draft.event.index.value_or(0), std::move(draft.item.id), std::move(draft.item.name),
          std::move(arguments), whole};
}

void store_event_error(Draft& draft) {
  keep_first(draft.facts.error.type, "error");
  keep_first(draft.facts.error.message, draft.event.text);
  keep_first(draft.facts.error.code, draft.event.name);
}

void end_event(Draft& draft, const JsonValue&) {
  const std::string_view type = draft.event.type;
  Choice& choice = draft.choices.at(0);
  bool whole = true;
  if (type == "response.output_text.delta" || type == "transcript.text.delta") {
    whole = draft.choices.add_text(choice, draft.event.reasoning);
  } else if (type == "response.refusal.delta") {
    whole = draft.choices.add_refusal(choice, draft.event.reasoning);
  } else if (type == "response.reasoning_summary_text.delta") {
    whole = draft.choices.add_reasoning(choice, draft.event.reasoning, 1);
  } else if (type == "response.reasoning_text.delta") {
    whole = draft.choices.add_reasoning(choice, draft.event.reasoning, 2);
  } else if (type == "response.function_call_arguments.delta" ||
             type == "response.custom_tool_call_input.delta") {
    whole = draft.choices.add_call(choice, delta_call(draft, std::move(draft.event.reasoning), false));
  } else if (type == "response.function_call_arguments.done" ||
             type == "response.custom_tool_call_input.done") {
    whole = draft.choices.add_call(choice, delta_call(draft, std::move(draft.event.arguments), true));
  } else if (type.starts_with("response.output_item.") && is_call(draft.item.type)) {
    whole = draft.choices.add_call(choice, delta_call(draft, std::move(draft.item.arguments), true));
  } else if (type == "error") {
    store_event_error(draft);
  } else if (type == "response.completed" || type == "response.incomplete" || type == "response.failed") {
    draft.facts.stream_ended = true;
  }
  note_cut(draft, whole);
  draft.item = {};
}

constexpr JsonRow event_rows[] = {
    row<&begin_event>("", take::enter),
    row<&set_event_type>("type", take::text),
    row<&stage_index<&Draft::event>>("output_index", take::number),
    stage_row<&Draft::event, &StagedOutput::reasoning>("delta", long_text | take::anything),
    stage_row<&Draft::event, &StagedOutput::arguments>("arguments", long_text),
    stage_row<&Draft::event, &StagedOutput::arguments>("input", long_text | take::anything),
    stage_row<&Draft::event, &StagedOutput::text>("message", take::text | take::anything),
    stage_row<&Draft::event, &StagedOutput::name>("code", take::text | take::number | take::anything),
    stage_row<&Draft::item, &StagedOutput::type>("item.type", take::text),
    stage_row<&Draft::item, &StagedOutput::id>("item.call_id", take::text),
    stage_row<&Draft::item, &StagedOutput::name>("item.name", take::text),
    stage_row<&Draft::item, &StagedOutput::arguments>("item.arguments", long_text | take::object),
    stage_row<&Draft::item, &StagedOutput::arguments>("item.input", long_text | take::anything),
    row<&end_event>("", take::leave),
};

}  // namespace

const JsonTable& responses_response() {
  static const JsonTable& table = *new JsonTable{{
      {rows},
      {rows, "response"},
      {chat_usage_rows(), "usage"},
      {chat_usage_rows(), "response.usage"},
      {error_rows()},
      {error_rows(), "response"},
      {event_rows},
  }};
  return table;
}

namespace {

void begin_item(Draft& draft, const JsonValue&) {
  draft.messages.begin();
  draft.part = {};
}

void set_role(Draft& draft, const JsonValue& value) { draft.messages.role(value.text); }

// A function_call or its output is a message of its own.
void end_input_item(Draft& draft, const JsonValue&) {
  StagedPart& part = draft.part;
  part.is_call = is_call(part.type);
  part.is_response = part.type.ends_with("_call_output");
  if (part.is_response) draft.messages.role("tool");
  if (part.is_call || part.type == "reasoning") draft.messages.role("assistant");
  if (part.is_call || part.is_response) draft.messages.add(part);
  draft.messages.end();
  draft.part = {};
}

void end_input_part(Draft& draft, const JsonValue&) {
  draft.part.reasoning = draft.part.type == "reasoning";
  std::string item_type = std::exchange(draft.part.type, {});
  draft.messages.add(draft.part);
  draft.part = {};
  draft.part.type.swap(item_type);
}

void add_input_summary(Draft& draft, const JsonValue& value) { draft.messages.add_reasoning(value.text); }

void add_input_text(Draft& draft, const JsonValue& value) {
  draft.messages.begin();
  draft.messages.role("user");
  draft.messages.add_text(value.text);
  draft.messages.end();
}

void add_item_text(Draft& draft, const JsonValue& value) { draft.messages.add_text(value.text); }

void add_instructions(Draft& draft, const JsonValue& value) { draft.system.add_text(value.text); }

constexpr JsonRow request_rows[] = {
    row<&set_parameter>("*", take::text | take::number | take::boolean | take::object | take::array),
    first_row<&Facts::request_model>("model"),
    row<&set_stream>("stream", take::boolean | take::anything),
    row<&add_instructions>("instructions", long_text | take::anything),
    row<&add_input_text>("input", long_text),
    row<&begin_item>("input[]", take::enter),
    row<&set_role>("input[].role", take::text),
    row<&add_item_text>("input[].content", long_text),
    part_row<&StagedPart::text>("input[].content[].text"),
    part_row<&StagedPart::uri>("input[].content[].image_url", take::text),
    part_row<&StagedPart::uri>("input[].content[].file_url", take::text),
    part_row<&StagedPart::mime_type>("input[].content[].filename", take::text),
    row<&end_input_part>("input[].content[]", take::leave),
    row<&add_input_summary>("input[].summary[].text", long_text),
    part_row<&StagedPart::type>("input[].type", take::text),
    part_row<&StagedPart::id>("input[].call_id", take::text),
    part_row<&StagedPart::name>("input[].name", take::text),
    part_row<&StagedPart::arguments>("input[].arguments", long_text | take::object),
    part_row<&StagedPart::response>("input[].output", long_text | take::array | take::object),
    row<&end_input_item>("input[]", take::leave),
    row<&set_tools>("tools", take::array),
};

}  // namespace

std::span<const JsonRow> responses_request_rows() { return request_rows; }

const JsonTable& responses_request() {
  static const JsonTable& table = *new JsonTable{{{request_rows}}};
  return table;
}

}  // namespace llmtrace::llm
