// Mistral's conversations, with which its agents answer: one document with what came out, or a stream of
// events.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

StagedCall call_of(StagedOutput& from, std::optional<std::uint64_t> index) {
  return {index, std::move(from.id), std::move(from.name), std::move(from.arguments), false};
}

void end_output(Draft& draft, const JsonValue&) {
  StagedOutput output = std::exchange(draft.item, {});
  Choice& choice = draft.choices.at(0);
  bool whole = draft.choices.add_text(choice, output.text);
  if (output.type == "function.call")
    whole &= draft.choices.add_new_call(choice, call_of(output, std::nullopt));
  note_cut(draft, whole);
}

// What the provider's own tools are asked is no call of the program.
void end_event(Draft& draft, const JsonValue&) {
  StagedOutput event = std::exchange(draft.event, {});
  Choice& choice = draft.choices.at(0);
  bool whole = true;
  if (event.type == "message.output.delta") whole = draft.choices.add_text(choice, event.text);
  if (event.type == "function.call.delta")
    whole = draft.choices.add_call(choice, call_of(event, event.index.value_or(0)));
  if (event.type == "conversation.response.done") draft.facts.stream_ended = true;
  if (event.type == "conversation.response.error") keep_first(draft.facts.error.message, event.refusal);
  note_cut(draft, whole);
}

constexpr JsonRow rows[] = {
    first_row<&Facts::response_id>("conversation_id"),
    first_row<&Facts::response_model>("model"),
    first_row<&Facts::response_model>("outputs[].model"),
    stage_row<&Draft::item, &StagedOutput::type>("outputs[].type", take::text),
    stage_row<&Draft::item, &StagedOutput::text>("outputs[].content", long_text | take::anything),
    stage_row<&Draft::item, &StagedOutput::text>("outputs[].content[].text"),
    stage_row<&Draft::item, &StagedOutput::id>("outputs[].tool_call_id", take::text),
    stage_row<&Draft::item, &StagedOutput::name>("outputs[].name", take::text),
    stage_row<&Draft::item, &StagedOutput::arguments>("outputs[].arguments", long_text | take::object),
    row<&end_output>("outputs[]", take::leave),
    stage_row<&Draft::event, &StagedOutput::type>("type", take::text),
    row<&stage_index<&Draft::event>>("output_index", take::number),
    stage_row<&Draft::event, &StagedOutput::text>("content", long_text | take::anything),
    stage_row<&Draft::event, &StagedOutput::text>("content.text"),
    stage_row<&Draft::event, &StagedOutput::id>("tool_call_id", take::text),
    stage_row<&Draft::event, &StagedOutput::name>("name", take::text),
    stage_row<&Draft::event, &StagedOutput::arguments>("arguments", long_text | take::object),
    stage_row<&Draft::event, &StagedOutput::refusal>("message", take::text | take::anything),
    row<&end_event>("", take::leave),
};

}  // namespace

const JsonTable& mistral_conversation() {
  static const JsonTable& table = *new JsonTable{{{rows}, {chat_usage_rows(), "usage"}, {error_rows()}}};
  return table;
}

}  // namespace llmtrace::llm
