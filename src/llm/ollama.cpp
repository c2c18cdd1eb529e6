// Ollama's own protocol: chat and generate, one line of JSON for each token unless it is told not to stream.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

void begin(Draft& draft, const JsonValue&) {
  draft.choice = {};
  draft.pending_calls.clear();
}

void set_done(Draft& draft, const JsonValue& value) {
  if (value.text == "true") draft.facts.stream_ended = true;
}

void set_call_id(Draft& draft, const JsonValue& value) { draft.call.id.assign(value.text); }
void set_call_name(Draft& draft, const JsonValue& value) { draft.call.name.assign(value.text); }
void set_call_arguments(Draft& draft, const JsonValue& value) {
  note_cut(draft, !value.cut);
  draft.call.arguments.assign(value.text);
}
void end_call(Draft& draft, const JsonValue&) { keep_pending_call(draft, std::exchange(draft.call, {})); }

void end(Draft& draft, const JsonValue&) {
  Choice& choice = draft.choices.at(0);
  bool whole = draft.choices.add_text(choice, draft.choice.text);
  whole &= draft.choices.add_reasoning(choice, draft.choice.reasoning);
  for (StagedCall& call : draft.pending_calls) whole &= draft.choices.add_new_call(choice, std::move(call));
  draft.pending_calls.clear();
  note_cut(draft, whole);
  if (!draft.choice.finish_reason.empty()) choice.finish_reason = std::move(draft.choice.finish_reason);
}

void count_vector(Draft& draft, const JsonValue& value) {
  draft.facts.embedding_count = draft.facts.embedding_count.value_or(0) + 1;
  draft.facts.embedding_dimension = value.length;
}

constexpr JsonRow rows[] = {
    row<&begin>("", take::enter),
    first_row<&Facts::response_model>("model"),
    stage_row<&Draft::choice, &StagedOutput::text>("message.content"),
    stage_row<&Draft::choice, &StagedOutput::reasoning>("message.thinking"),
    stage_row<&Draft::choice, &StagedOutput::text>("response"),
    stage_row<&Draft::choice, &StagedOutput::reasoning>("thinking"),
    row<&set_call_id>("message.tool_calls[].id", take::text),
    row<&set_call_name>("message.tool_calls[].function.name", take::text),
    row<&set_call_arguments>("message.tool_calls[].function.arguments", long_text | take::object),
    row<&end_call>("message.tool_calls[]", take::leave),
    row<&set_done>("done", take::boolean),
    stage_row<&Draft::choice, &StagedOutput::finish_reason>("done_reason", take::text),
    usage_row<&Usage::input>("prompt_eval_count"),
    usage_row<&Usage::output>("eval_count"),
    row<&count_vector>("embedding", take::count),
    row<&count_vector>("embeddings[]", take::count),
    row<&end>("", take::leave),
};

}  // namespace

const JsonTable& ollama_response() {
  static const JsonTable& table = *new JsonTable{{{rows}, {error_rows()}}};
  return table;
}

}  // namespace llmtrace::llm
