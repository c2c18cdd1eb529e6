// Gemini, on its own host and on Vertex: generateContent and its stream, which is SSE or one array, and
// embeddings. The candidates' tokens exclude the thoughts, the prompt's exclude what tools put in; each chunk
// repeats the counts.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

void end_part(Draft& draft, const JsonValue&) {
  StagedOutput& item = draft.item;
  std::string& to = item.thought ? draft.choice.reasoning : draft.choice.text;
  note_cut(draft, append_bounded(to, item.text, draft.limits.text));
  item = {};
}

void set_thought(Draft& draft, const JsonValue& value) { draft.item.thought = value.text == "true"; }

void end_candidate(Draft& draft, const JsonValue& value) {
  Choice& choice =
      draft.choices.at(draft.choice.index.value_or(value.indices.empty() ? 0 : value.indices.back()));
  bool whole = draft.choices.add_text(choice, draft.choice.text);
  whole &= draft.choices.add_reasoning(choice, draft.choice.reasoning);
  for (StagedCall& call : draft.pending_calls) {
    whole &= call.index ? draft.choices.add_call(choice, std::move(call))
                        : draft.choices.add_new_call(choice, std::move(call));
  }
  draft.pending_calls.clear();
  note_cut(draft, whole);
  if (!draft.choice.finish_reason.empty()) choice.finish_reason = std::move(draft.choice.finish_reason);
}

void set_block_reason(Draft& draft, const JsonValue& value) {
  draft.choices.at(0).finish_reason.assign(value.text);
}

void set_leaf_path(Draft& draft, const JsonValue& value) { draft.pieces.path.assign(value.text); }
void set_leaf(Draft& draft, const JsonValue& value) {
  note_cut(draft, !value.cut);
  draft.pieces.kind = value.kind;
  draft.pieces.value.assign(value.text);
}
void set_leaf_continues(Draft& draft, const JsonValue& value) {
  draft.pieces.leaf_continues = value.text == "true";
}
void end_leaf(Draft& draft, const JsonValue&) {
  StagedPieces& leaf = draft.pieces;
  const bool of_a_call = draft.partial.is_open() || !draft.call.name.empty();
  if (of_a_call) {
    const std::string text = draft.partial.add(leaf.path, leaf.kind, leaf.value, leaf.leaf_continues);
    note_cut(draft, append_bounded(leaf.text, text, draft.limits.text));
  }
  leaf.path.clear();
  leaf.value.clear();
  leaf.kind = JsonKind::null;
  leaf.leaf_continues = false;
}

void keep_piece(Draft& draft, StagedCall&& call, bool is_last) {
  call.index = draft.partial_calls;
  if (is_last) call.arguments += draft.partial.close();
  keep_pending_call(draft, std::move(call));
}

void set_call_id(Draft& draft, const JsonValue& value) { draft.call.id.assign(value.text); }
void set_call_continues(Draft& draft, const JsonValue& value) {
  draft.pieces.call_continues = value.text == "true";
}
void set_call_arguments(Draft& draft, const JsonValue& value) {
  note_cut(draft, !value.cut);
  draft.call.arguments.assign(value.text);
}
// Ends the call before it, which may have said that it continues.
void set_call_name(Draft& draft, const JsonValue& value) {
  if (draft.partial.is_open()) keep_piece(draft, {}, true);
  draft.call.name.assign(value.text);
}

// A call comes whole, or its name first and its arguments behind it, until a part no longer says that it
// continues.
void end_call(Draft& draft, const JsonValue&) {
  StagedCall call = std::exchange(draft.call, {});
  StagedPieces& pieces = draft.pieces;
  const bool is_begun = !call.name.empty();
  if (is_begun && call.arguments.empty() && (pieces.call_continues || !pieces.text.empty())) {
    ++draft.partial_calls;
    draft.partial.open();
  }
  if (draft.partial.is_open()) {
    call.arguments = std::move(pieces.text);
    keep_piece(draft, std::move(call), !pieces.call_continues);
  } else if (is_begun) {
    keep_pending_call(draft, std::move(call));
  }
  pieces = {};
}

void set_modality(Draft& draft, const JsonValue& value) { draft.modality.assign(value.text); }
void set_modality_count(Draft& draft, const JsonValue& value) {
  store_count(draft, draft.modality_count, value);
}

template <bool input>
void end_modality(Draft& draft, const JsonValue&) {
  Usage& usage = draft.facts.usage;
  const std::string_view modality = draft.modality;
  if (modality == "AUDIO") (input ? usage.input_audio : usage.output_audio) = draft.modality_count;
  if (modality == "IMAGE") (input ? usage.input_image : usage.output_image) = draft.modality_count;
  if (modality == "TEXT") (input ? usage.input_text : usage.output_text) = draft.modality_count;
  if (modality == "VIDEO" && input) usage.input_video = draft.modality_count;
  draft.modality.clear();
  draft.modality_count.reset();
}

void end_cached_modality(Draft& draft, const JsonValue&) {
  if (draft.modality == "AUDIO") draft.facts.usage.input_cached_audio = draft.modality_count;
  draft.modality.clear();
  draft.modality_count.reset();
}

// The counts of each chunk stand for all that came before: what the last one leaves out was not used.
void begin_usage(Draft& draft, const JsonValue&) {
  draft.usage_before = std::exchange(draft.facts.usage, {});
  draft.raw_before = std::exchange(draft.raw, {});
}

// Vertex says in each chunk how it was paid for, and counts in the last.
void end_usage(Draft& draft, const JsonValue&) {
  if (draft.raw.prompt || draft.facts.usage.total || draft.raw.visible_output) return;
  draft.facts.usage = draft.usage_before;
  draft.raw = draft.raw_before;
}

void set_tier(Draft& draft, const JsonValue& value) { draft.facts.service_tier.assign(value.text); }

void count_vector(Draft& draft, const JsonValue& value) {
  draft.facts.embedding_count = draft.facts.embedding_count.value_or(0) + 1;
  draft.facts.embedding_dimension = value.length;
}

void add_prediction(Draft& draft, const JsonValue& value) {
  note_cut(draft, draft.choices.add_text(draft.choices.at(0), value.text) && !value.cut);
}

constexpr JsonRow rows[] = {
    first_row<&Facts::response_id>("responseId"),
    first_row<&Facts::response_model>("modelVersion"),
    row<&clear_staged<&Draft::choice>>("candidates[]", take::enter),
    row<&stage_index<&Draft::choice>>("candidates[].index", take::number),
    stage_row<&Draft::choice, &StagedOutput::finish_reason>("candidates[].finishReason",
                                                            take::text | take::number),
    row<&clear_staged<&Draft::item>>("candidates[].content.parts[]", take::enter),
    stage_row<&Draft::item, &StagedOutput::text>("candidates[].content.parts[].text"),
    row<&set_thought>("candidates[].content.parts[].thought", take::boolean | take::anything),
    row<&set_call_id>("candidates[].content.parts[].functionCall.id", take::text),
    row<&set_call_name>("candidates[].content.parts[].functionCall.name", take::text),
    row<&set_call_arguments>("candidates[].content.parts[].functionCall.args", take::object),
    row<&set_call_continues>("candidates[].content.parts[].functionCall.willContinue", take::boolean),
    row<&set_leaf_path>("candidates[].content.parts[].functionCall.partialArgs[].jsonPath", take::text),
    row<&set_leaf>("candidates[].content.parts[].functionCall.partialArgs[].stringValue", long_text),
    row<&set_leaf>("candidates[].content.parts[].functionCall.partialArgs[].numberValue", take::number),
    row<&set_leaf>("candidates[].content.parts[].functionCall.partialArgs[].boolValue", take::boolean),
    row<&set_leaf_continues>("candidates[].content.parts[].functionCall.partialArgs[].willContinue",
                             take::boolean),
    row<&end_leaf>("candidates[].content.parts[].functionCall.partialArgs[]", take::leave),
    row<&end_call>("candidates[].content.parts[].functionCall", take::leave),
    row<&end_part>("candidates[].content.parts[]", take::leave),
    row<&end_candidate>("candidates[]", take::leave),
    row<&set_block_reason>("promptFeedback.blockReason", take::text | take::number),
    row<&begin_usage>("usageMetadata", take::enter),
    row<&end_usage>("usageMetadata", take::leave),
    row<&set_tier>("usageMetadata.serviceTier", take::text | take::anything),
    raw_usage_row<&RawUsage::prompt>("usageMetadata.promptTokenCount"),
    raw_usage_row<&RawUsage::visible_output>("usageMetadata.candidatesTokenCount"),
    raw_usage_row<&RawUsage::visible_output>("usageMetadata.responseTokenCount"),
    usage_row<&Usage::output_reasoning>("usageMetadata.thoughtsTokenCount"),
    usage_row<&Usage::input_tool_use>("usageMetadata.toolUsePromptTokenCount"),
    usage_row<&Usage::input_cached>("usageMetadata.cachedContentTokenCount"),
    usage_row<&Usage::total>("usageMetadata.totalTokenCount"),
    row<&set_modality>("usageMetadata.promptTokensDetails[].modality", take::text | take::anything),
    row<&set_modality_count>("usageMetadata.promptTokensDetails[].tokenCount", take::number),
    row<&end_modality<true>>("usageMetadata.promptTokensDetails[]", take::leave),
    row<&set_modality>("usageMetadata.promptTokenDetails[].modality", take::text | take::anything),
    row<&set_modality_count>("usageMetadata.promptTokenDetails[].tokenCount", take::number),
    row<&end_modality<true>>("usageMetadata.promptTokenDetails[]", take::leave),
    row<&set_modality>("usageMetadata.candidatesTokensDetails[].modality", take::text | take::anything),
    row<&set_modality_count>("usageMetadata.candidatesTokensDetails[].tokenCount", take::number),
    row<&end_modality<false>>("usageMetadata.candidatesTokensDetails[]", take::leave),
    row<&set_modality>("usageMetadata.cacheTokensDetails[].modality", take::text | take::anything),
    row<&set_modality_count>("usageMetadata.cacheTokensDetails[].tokenCount", take::number),
    row<&end_cached_modality>("usageMetadata.cacheTokensDetails[]", take::leave),
    row<&count_vector>("embedding.values", take::count),
    row<&count_vector>("embeddings[].values", take::count),
    row<&count_vector>("predictions[].embeddings.values", take::count),
    raw_usage_row<&RawUsage::fallback_input>("predictions[].embeddings.statistics.token_count"),
    row<&add_prediction>("predictions[].content", long_text | take::anything),
    row<&add_prediction>("predictions[].candidates[].content", long_text),
    raw_usage_row<&RawUsage::fallback_input>("metadata.tokenMetadata.inputTokenCount.totalTokens"),
    raw_usage_row<&RawUsage::fallback_output>("metadata.tokenMetadata.outputTokenCount.totalTokens"),
};

}  // namespace

const JsonTable& gemini_response() {
  static const JsonTable& table = *new JsonTable{{{rows}, {rows, "response"}, {error_rows()}}, true};
  return table;
}

namespace {

void begin_message(Draft& draft, const JsonValue&) {
  draft.messages.begin();
  draft.messages.role("user");
  draft.part = {};
}
void end_message(Draft& draft, const JsonValue&) { draft.messages.end(); }
void set_role(Draft& draft, const JsonValue& value) { draft.messages.role(value.text); }
void add_system(Draft& draft, const JsonValue& value) { draft.system.add_text(value.text); }
void add_text(Draft& draft, const JsonValue& value) { draft.messages.add_text(value.text); }
void add_instance(Draft& draft, const JsonValue& value) {
  draft.messages.begin();
  draft.messages.role("user");
  draft.messages.add_text(value.text);
  draft.messages.end();
}
void mark_call(Draft& draft, const JsonValue&) { draft.part.is_call = true; }
void mark_response(Draft& draft, const JsonValue&) {
  draft.part.is_response = true;
  draft.part.response_is_json = true;
}
void mark_thought(Draft& draft, const JsonValue& value) { draft.part.reasoning = value.text == "true"; }
void add_part(Draft& draft, const JsonValue&) {
  draft.messages.add(draft.part);
  draft.part = {};
}
void set_model(Draft& draft, const JsonValue& value) {
  std::string_view model = value.text;
  if (model.starts_with("models/")) model.remove_prefix(7);
  keep_first(draft.facts.request_model, model);
}

constexpr JsonRow content_rows[] = {
    row<&begin_message>("", take::enter),
    row<&set_role>("role", take::text),
    part_row<&StagedPart::text>("parts[].text"),
    row<&mark_thought>("parts[].thought", take::boolean),
    part_row<&StagedPart::mime_type>("parts[].inlineData.mimeType", take::text),
    part_row<&StagedPart::mime_type>("parts[].inline_data.mime_type", take::text),
    part_row<&StagedPart::mime_type>("parts[].fileData.mimeType", take::text),
    part_row<&StagedPart::uri>("parts[].fileData.fileUri", take::text),
    row<&mark_call>("parts[].functionCall", take::enter),
    part_row<&StagedPart::id>("parts[].functionCall.id", take::text),
    part_row<&StagedPart::name>("parts[].functionCall.name", take::text),
    part_row<&StagedPart::arguments>("parts[].functionCall.args", take::object),
    row<&mark_response>("parts[].functionResponse", take::enter),
    part_row<&StagedPart::id>("parts[].functionResponse.id", take::text),
    part_row<&StagedPart::name>("parts[].functionResponse.name", take::text),
    part_row<&StagedPart::response>("parts[].functionResponse.response", take::object),
    row<&add_part>("parts[]", take::leave),
    row<&add_text>("parts.text", long_text),
    row<&end_message>("", take::leave),
};

constexpr JsonRow request_rows[] = {
    row<&set_model>("model", take::text),
    row<&add_system>("systemInstruction.parts[].text", long_text),
    row<&add_system>("systemInstruction.parts.text", long_text),
    row<&add_system>("system_instruction.parts[].text", long_text),
    row<&add_system>("system_instruction.parts.text", long_text),
    row<&set_parameter>("generationConfig.*",
                        take::text | take::number | take::boolean | take::object | take::array),
    row<&set_parameter>("generation_config.*",
                        take::text | take::number | take::boolean | take::object | take::array),
    row<&set_parameter>("parameters.*",
                        take::text | take::number | take::boolean | take::object | take::array),
    row<&add_instance>("instances[].content", long_text | take::anything),
    row<&add_instance>("instances[].prompt", long_text | take::anything),
    row<&set_tools>("tools", take::array | take::object),
    row<&set_model>("requests[].model", take::text),
};

}  // namespace

const JsonTable& gemini_request() {
  static const JsonTable& table = *new JsonTable{{
      {request_rows},
      {content_rows, "contents"},
      {content_rows, "contents[]"},
      {content_rows, "content"},
      {content_rows, "requests[].content"},
      {content_rows, "request.contents[]"},
      {request_rows, "request"},
  }};
  return table;
}

}  // namespace llmtrace::llm
