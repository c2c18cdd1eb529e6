// OpenAI's embeddings, images, audio and moderation, and what others answer in the same shape: Voyage,
// Cohere's rerank behind OpenRouter, Mistral's OCR. Of vectors only the number and the dimension are kept.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

namespace llmtrace::llm {
namespace {

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

constexpr JsonRow rows[] = {
    first_row<&Facts::response_id>("id"),
    first_row<&Facts::response_model>("model"),
    first_row<&Facts::response_model>("model_id"),
    row<&count_vector>("data[].embedding", take::count | take::text),
    row<&count_vector>("results[].embedding", take::count),
    row<&count_vector>("[]", take::count | take::anything),
    usage_row<&Usage::input>("input_token_count"),
    usage_row<&Usage::search_units>("usage.search_units"),
    usage_row<&Usage::search_units>("meta.billed_units.search_units"),
};

// A document and the last event of a stream have the whole text, deltas and segments beside them have parts.
void end_event(Draft& draft, const JsonValue&) {
  StagedOutput& event = draft.event;
  const bool is_done = event.type.ends_with(".done") || event.type.ends_with(".completed");
  const bool is_whole = is_done || event.type.empty();
  Choices& to = is_whole ? draft.final : draft.choices;
  if (is_whole || event.type.ends_with(".delta")) note_cut(draft, to.add_text(to.at(0), event.text));
  if (is_done) draft.facts.stream_ended = true;
  event = {};
}

void set_type(Draft& draft, const JsonValue& value) { draft.event.type.assign(value.text); }

constexpr JsonRow event_rows[] = {
    row<&set_type>("type", take::text),
    stage_row<&Draft::event, &StagedOutput::text>("delta"),
    stage_row<&Draft::event, &StagedOutput::text>("text"),
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
