// Gemini's Interactions: one document with the steps of the model, or a stream of events with deltas of them.
// Output excludes the thoughts and input what tools put in, as for generateContent.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

void set_status(Draft& draft, const JsonValue& value) {
  if (value.text != "in_progress") draft.choices.at(0).finish_reason.assign(value.text);
}

void set_tier(Draft& draft, const JsonValue& value) { draft.facts.service_tier.assign(value.text); }

// The arguments are whole, or stand in for the deltas to come.
StagedCall call_of(StagedOutput& step, std::optional<std::uint64_t> index) {
  return {index, std::move(step.id), std::move(step.name), std::move(step.arguments), true};
}

StagedCall delta_of_call(StagedOutput& event) {
  return {event.index.value_or(0), {}, {}, std::move(event.arguments), false};
}

void end_step(Draft& draft, const JsonValue&) {
  StagedOutput& step = draft.item;
  Choice& choice = draft.choices.at(0);
  bool whole = true;
  if (step.type == "model_output") whole &= draft.choices.add_text(choice, step.text);
  if (step.type == "thought") whole &= draft.choices.add_reasoning(choice, step.reasoning);
  if (step.type == "function_call") whole &= draft.choices.add_new_call(choice, call_of(step, std::nullopt));
  note_cut(draft, whole);
  step = {};
}

// The members of an interaction, alone or below "interaction" in an event.
constexpr JsonRow rows[] = {
    first_row<&Facts::response_id>("id"),
    first_row<&Facts::response_model>("model"),
    row<&set_tier>("service_tier", take::text | take::anything),
    row<&set_status>("status", take::text),
    row<&clear_staged<&Draft::item>>("steps[]", take::enter),
    stage_row<&Draft::item, &StagedOutput::type>("steps[].type", take::text),
    stage_row<&Draft::item, &StagedOutput::id>("steps[].id", take::text),
    stage_row<&Draft::item, &StagedOutput::name>("steps[].name", take::text),
    stage_row<&Draft::item, &StagedOutput::arguments>("steps[].arguments", long_text | take::object),
    stage_row<&Draft::item, &StagedOutput::text>("steps[].content[].text"),
    stage_row<&Draft::item, &StagedOutput::reasoning>("steps[].summary[].text"),
    row<&end_step>("steps[]", take::leave),
    raw_usage_row<&RawUsage::prompt>("usage.total_input_tokens"),
    raw_usage_row<&RawUsage::visible_output>("usage.total_output_tokens"),
    usage_row<&Usage::output_reasoning>("usage.total_thought_tokens"),
    usage_row<&Usage::input_tool_use>("usage.total_tool_use_tokens"),
    usage_row<&Usage::input_cached>("usage.total_cached_tokens"),
    usage_row<&Usage::total>("usage.total_tokens"),
};

void begin_event(Draft& draft, const JsonValue&) {
  draft.event = {};
  draft.item = {};
}

void end_delta(Draft& draft) {
  StagedOutput& event = draft.event;
  Choice& choice = draft.choices.at(0);
  bool whole = true;
  if (event.type == "text") whole = draft.choices.add_text(choice, event.text);
  if (event.type == "thought_summary") whole = draft.choices.add_reasoning(choice, event.text);
  if (event.type == "arguments_delta") whole = draft.choices.add_call(choice, delta_of_call(event));
  note_cut(draft, whole);
}

void end_event(Draft& draft, const JsonValue&) {
  const std::string_view name = draft.event.name;
  if (name == "step.start" && draft.item.type == "function_call") {
    StagedCall call = call_of(draft.item, draft.event.index.value_or(0));
    note_cut(draft, draft.choices.add_call(draft.choices.at(0), std::move(call)));
  }
  if (name == "step.delta") end_delta(draft);
  if (name == "interaction.completed") draft.facts.stream_ended = true;
}

constexpr JsonRow event_rows[] = {
    row<&begin_event>("", take::enter),
    stage_row<&Draft::event, &StagedOutput::name>("event_type", take::text),
    row<&stage_index<&Draft::event>>("index", take::number),
    stage_row<&Draft::event, &StagedOutput::type>("delta.type", take::text),
    stage_row<&Draft::event, &StagedOutput::text>("delta.text"),
    stage_row<&Draft::event, &StagedOutput::text>("delta.content.text"),
    stage_row<&Draft::event, &StagedOutput::arguments>("delta.arguments", long_text | take::anything),
    stage_row<&Draft::item, &StagedOutput::type>("step.type", take::text),
    stage_row<&Draft::item, &StagedOutput::id>("step.id", take::text),
    stage_row<&Draft::item, &StagedOutput::name>("step.name", take::text),
    stage_row<&Draft::item, &StagedOutput::arguments>("step.arguments", long_text | take::object),
    row<&end_event>("", take::leave),
};

}  // namespace

const JsonTable& interactions_response() {
  static const JsonTable& table =
      *new JsonTable{{{rows}, {rows, "interaction"}, {error_rows()}, {event_rows}}};
  return table;
}

}  // namespace llmtrace::llm
