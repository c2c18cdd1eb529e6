// OpenAI's embeddings, images, audio and moderation, and what others answer in the same shape: Voyage,
// Cohere's rerank behind OpenRouter, Mistral's OCR. Of vectors only the number and the dimension are kept.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

// A vector is a list of numbers, or the base64 of 32-bit floats.
void count_vector(Draft& draft, const JsonValue& value) {
  draft.facts.embedding_count = draft.facts.embedding_count.value_or(0) + 1;
  if (value.kind == JsonKind::array) {
    draft.facts.embedding_dimension = value.length;
    return;
  }
  std::uint64_t padding = 0;
  if (!value.cut && value.text.ends_with('=')) padding = value.text.ends_with("==") ? 2 : 1;
  constexpr std::uint64_t bytes_of_float = 4;
  draft.facts.embedding_dimension = (value.length / 4 * 3 - padding) / bytes_of_float;
}

void add_text(Draft& draft, const JsonValue& value) {
  note_cut(draft, draft.choices.add_text(draft.choices.at(0), value.text) && !value.cut);
}

constexpr JsonRow rows[] = {
    first_row<&Facts::response_id>("id"),
    first_row<&Facts::response_model>("model"),
    row<&count_vector>("data[].embedding", take::count | take::text),
    row<&add_text>("text", long_text),
    usage_row<&Usage::search_units>("usage.search_units"),
    usage_row<&Usage::search_units>("meta.billed_units.search_units"),
};

void end_event(Draft& draft, const JsonValue&) {
  if (draft.event.type == "transcript.text.delta") {
    note_cut(draft, draft.choices.add_text(draft.choices.at(0), draft.event.text));
  }
  if (draft.event.type.ends_with(".done") || draft.event.type.ends_with(".completed")) {
    draft.facts.stream_ended = true;
  }
  draft.event = {};
}

void set_type(Draft& draft, const JsonValue& value) { draft.event.type.assign(value.text); }

void add_final_text(Draft& draft, const JsonValue& value) {
  note_cut(draft, draft.final.add_text(draft.final.at(0), value.text) && !value.cut);
}

constexpr JsonRow event_rows[] = {
    row<&set_type>("type", take::text),
    stage_row<&Draft::event, &StagedOutput::text>("delta"),
    row<&add_final_text>("text", long_text),
    row<&end_event>("", take::leave),
};

}  // namespace

const JsonTable& data_response() {
  static const JsonTable& table = *new JsonTable{{
      {rows},
      {event_rows},
      {chat_usage_rows(), "usage"},
      {error_rows()},
  }};
  return table;
}

}  // namespace llmtrace::llm
