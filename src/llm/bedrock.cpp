// Amazon Bedrock: Converse, and invoke with whatever the model behind it speaks. In a stream each event
// carries one of the members below; what was read from or written to a cache is not in inputTokens.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

void begin(Draft& draft, const JsonValue&) {
  draft.event = {};
  draft.item = {};
}

void end_part(Draft& draft, const JsonValue&) {
  Choice& choice = draft.choices.at(0);
  StagedOutput& item = draft.item;
  bool whole = draft.choices.add_text(choice, item.text);
  whole &= draft.choices.add_reasoning(choice, item.reasoning);
  if (!item.id.empty() || !item.name.empty()) {
    whole &= draft.choices.add_new_call(
        choice, {std::nullopt, std::move(item.id), std::move(item.name), std::move(item.arguments), true});
  }
  note_cut(draft, whole);
  item = {};
}

void set_stop_reason(Draft& draft, const JsonValue& value) {
  draft.choices.at(0).finish_reason.assign(value.text);
}

void mark_end(Draft& draft, const JsonValue&) { draft.facts.stream_ended = true; }

void end(Draft& draft, const JsonValue&) {
  Choice& choice = draft.choices.at(0);
  StagedOutput& event = draft.event;
  bool whole = draft.choices.add_text(choice, event.text);
  whole &= draft.choices.add_reasoning(choice, event.reasoning);
  const bool call_begins = !event.id.empty() || !event.name.empty();
  if (call_begins || (!event.arguments.empty() && has_call(choice, event.index))) {
    whole &= draft.choices.add_call(
        choice, {event.index, std::move(event.id), std::move(event.name), std::move(event.arguments), false});
  }
  note_cut(draft, whole);
}

void set_tier(Draft& draft, const JsonValue& value) { draft.facts.service_tier.assign(value.text); }

constexpr JsonRow converse[] = {
    row<&begin>("", take::enter),
    row<&clear_staged<&Draft::item>>("output.message.content[]", take::enter),
    stage_row<&Draft::item, &StagedOutput::text>("output.message.content[].text"),
    stage_row<&Draft::item, &StagedOutput::reasoning>(
        "output.message.content[].reasoningContent.reasoningText.text"),
    stage_row<&Draft::item, &StagedOutput::id>("output.message.content[].toolUse.toolUseId", take::text),
    stage_row<&Draft::item, &StagedOutput::name>("output.message.content[].toolUse.name", take::text),
    stage_row<&Draft::item, &StagedOutput::arguments>("output.message.content[].toolUse.input",
                                                      long_text | take::object | take::array),
    row<&end_part>("output.message.content[]", take::leave),
    row<&set_stop_reason>("stopReason", take::text),
    row<&set_tier>("serviceTier.type", take::text),
    row<&stage_index<&Draft::event>>("contentBlockIndex", take::number),
    stage_row<&Draft::event, &StagedOutput::id>("start.toolUse.toolUseId", take::text),
    stage_row<&Draft::event, &StagedOutput::name>("start.toolUse.name", take::text),
    stage_row<&Draft::event, &StagedOutput::text>("delta.text"),
    stage_row<&Draft::event, &StagedOutput::reasoning>("delta.reasoningContent.text"),
    stage_row<&Draft::event, &StagedOutput::arguments>("delta.toolUse.input"),
    row<&end>("", take::leave),
};

constexpr JsonRow usage_rows[] = {
    raw_usage_row<&RawUsage::uncached_input>("inputTokens"),
    usage_row<&Usage::output>("outputTokens"),
    usage_row<&Usage::total>("totalTokens"),
    usage_row<&Usage::input_cached>("cacheReadInputTokens"),
    usage_row<&Usage::input_cache_write>("cacheWriteInputTokens"),
    usage_row<&Usage::input_cached>("cacheReadInputTokenCount"),
    usage_row<&Usage::input_cache_write>("cacheWriteInputTokenCount"),
};

// Nova's own stream wraps each event in its name.
constexpr JsonRow nova_rows[] = {
    row<&stage_index<&Draft::event>>("contentBlockStart.contentBlockIndex", take::number),
    stage_row<&Draft::event, &StagedOutput::id>("contentBlockStart.start.toolUse.toolUseId", take::text),
    stage_row<&Draft::event, &StagedOutput::name>("contentBlockStart.start.toolUse.name", take::text),
    row<&stage_index<&Draft::event>>("contentBlockDelta.contentBlockIndex", take::number),
    stage_row<&Draft::event, &StagedOutput::text>("contentBlockDelta.delta.text"),
    stage_row<&Draft::event, &StagedOutput::arguments>("contentBlockDelta.delta.toolUse.input"),
    stage_row<&Draft::event, &StagedOutput::reasoning>("contentBlockDelta.delta.reasoningContent.text"),
    row<&set_stop_reason>("messageStop.stopReason", take::text),
};

void set_titan_reason(Draft& draft, const JsonValue& value) {
  draft.choices.at(0).finish_reason.assign(value.text);
}
void add_count(Draft& draft, const JsonValue& value) {
  Count tokens;
  store_count(draft, tokens, value);
  if (tokens) draft.raw.fallback_output = draft.raw.fallback_output.value_or(0) + *tokens;
}
// Of Mistral's and DeepSeek's choices, which otherwise are OpenAI's.
void set_choice_reason(Draft& draft, const JsonValue& value) {
  keep_first(draft.choice.finish_reason, value.text);
}

void begin_call(Draft& draft, const JsonValue&) { draft.call = {}; }
void set_call_name(Draft& draft, const JsonValue& value) { draft.call.name.assign(value.text); }
void set_call_arguments(Draft& draft, const JsonValue& value) { draft.call.arguments.assign(value.text); }
void end_call(Draft& draft, const JsonValue&) {
  note_cut(draft, draft.choices.add_new_call(draft.choices.at(0), std::exchange(draft.call, {})));
}
void count_vector(Draft& draft, const JsonValue& value) {
  draft.facts.embedding_count = draft.facts.embedding_count.value_or(0) + 1;
  draft.facts.embedding_dimension = value.length;
}

// Titan, Llama, Mistral, AI21, Cohere's command and Claude's legacy text.
constexpr JsonRow model_rows[] = {
    stage_row<&Draft::event, &StagedOutput::text>("results[].outputText"),
    row<&add_count>("results[].tokenCount", take::number),
    row<&set_titan_reason>("results[].completionReason", take::text),
    raw_usage_row<&RawUsage::fallback_input>("inputTextTokenCount"),
    stage_row<&Draft::event, &StagedOutput::text>("outputText"),
    raw_usage_row<&RawUsage::fallback_output>("totalOutputTextTokenCount"),
    row<&set_titan_reason>("completionReason", take::text),
    stage_row<&Draft::event, &StagedOutput::text>("generation"),
    raw_usage_row<&RawUsage::fallback_input>("prompt_token_count"),
    raw_usage_row<&RawUsage::fallback_output>("generation_token_count"),
    row<&set_stop_reason>("stop_reason", take::text),
    stage_row<&Draft::event, &StagedOutput::text>("outputs[].text"),
    row<&set_stop_reason>("outputs[].stop_reason", take::text),
    stage_row<&Draft::event, &StagedOutput::text>("completions[].data.text"),
    row<&set_stop_reason>("completions[].finishReason.reason", take::text),
    stage_row<&Draft::event, &StagedOutput::text>("generations[].text"),
    row<&set_stop_reason>("generations[].finish_reason", take::text),
    stage_row<&Draft::event, &StagedOutput::text>("text"),
    row<&set_stop_reason>("finish_reason", take::text),
    row<&set_choice_reason>("choices[].stop_reason", take::text | take::anything),
    row<&begin_call>("tool_calls[]", take::enter),
    row<&set_call_name>("tool_calls[].name", take::text),
    row<&set_call_arguments>("tool_calls[].parameters", long_text | take::object),
    row<&end_call>("tool_calls[]", take::leave),
    row<&count_vector>("embedding", take::count),
    row<&count_vector>("embeddings[]", take::count),
    row<&count_vector>("embeddings.*[]", take::count),
    row<&count_vector>("embeddings[].embedding", take::count),
    stage_row<&Draft::event, &StagedOutput::text>("completion"),
    row<&set_first<&Facts::response_id>>("id", take::text | take::number),  // AI21 counts
};

constexpr JsonRow metrics_rows[] = {
    raw_usage_row<&RawUsage::fallback_input>("inputTokenCount"),
    raw_usage_row<&RawUsage::fallback_output>("outputTokenCount"),
    raw_usage_row<&RawUsage::fallback_cached>("cacheReadInputTokenCount"),
    row<&mark_end>("invocationLatency", take::number),
};

// One event of either kind: what Claude stages and what the others stage.
void begin_either(Draft& draft, const JsonValue& value) { begin(draft, value); }

void end_either(Draft& draft, const JsonValue& value) {
  if (draft.event.type.starts_with("content_block_") || draft.event.type.starts_with("message")) {
    for (const JsonRow& row : anthropic_event_rows()) {
      if (row.path.empty() && row.takes == take::leave) row.action(draft, value);
    }
    return;
  }
  end(draft, value);
}

constexpr JsonRow either_rows[] = {
    row<&begin_either>("", take::enter),
    row<&end_either>("", take::leave),
};

}  // namespace

std::span<const JsonRow> converse_rows() { return converse; }

const JsonTable& bedrock_response() {
  static const JsonTable& table = *new JsonTable{{{converse}, {usage_rows, "usage"}, {error_rows()}}};
  return table;
}

const JsonTable& bedrock_invoke_response() {
  static const JsonTable& table = *new JsonTable{{
      {chat_rows()},
      {chat_message_rows(), "choices[].message"},
      {chat_delta_rows(), "choices[].delta"},
      {chat_usage_rows(), "usage"},
      {converse},
      {nova_rows},
      {usage_rows, "usage"},
      {usage_rows, "metadata.usage"},
      {anthropic_message_rows()},
      {anthropic_message_rows(), "message"},
      {anthropic_usage_rows(), "usage"},
      {anthropic_usage_rows(), "message.usage"},
      {anthropic_event_rows()},
      {model_rows},
      {metrics_rows, "amazon-bedrock-invocationMetrics"},
      {either_rows},
      {error_rows()},
  }};
  return table;
}

namespace {

void begin_message(Draft& draft, const JsonValue&) {
  draft.messages.begin();
  draft.part = {};
}
void end_message(Draft& draft, const JsonValue&) { draft.messages.end(); }
void set_role(Draft& draft, const JsonValue& value) { draft.messages.role(value.text); }
void add_system(Draft& draft, const JsonValue& value) { draft.system.add_text(value.text); }
void mark_call(Draft& draft, const JsonValue&) { draft.part.is_call = true; }
void mark_response(Draft& draft, const JsonValue&) { draft.part.is_response = true; }
void set_response_json(Draft& draft, const JsonValue& value) {
  draft.part.response.assign(value.text);
  draft.part.response_is_json = true;
}
void set_image(Draft& draft, const JsonValue& value) {
  draft.part.mime_type = "image/" + std::string{value.text};
}
void set_document(Draft& draft, const JsonValue& value) { draft.part.mime_type.assign(value.text); }
void set_thinking(Draft& draft, const JsonValue& value) {
  draft.part.text.assign(value.text);
  draft.part.reasoning = true;
}
// Converse says by its members what a part is, Claude by its type.
void add_part(Draft& draft, const JsonValue&) {
  StagedPart& part = draft.part;
  part.is_call = part.is_call || part.type == "tool_use";
  part.is_response = part.is_response || part.type == "tool_result";
  draft.messages.add(part);
  part = {};
}

constexpr std::uint16_t any_value = take::text | take::number | take::boolean | take::object | take::array;

constexpr JsonRow converse_request[] = {
    row<&add_system>("system[].text", long_text),
    row<&begin_message>("messages[]", take::enter),
    row<&set_role>("messages[].role", take::text),
    part_row<&StagedPart::text>("messages[].content[].text"),
    part_row<&StagedPart::text>("messages[].content[].guardContent.text.text"),
    row<&set_thinking>("messages[].content[].reasoningContent.reasoningText.text", long_text),
    row<&set_image>("messages[].content[].image.format", take::text),
    row<&set_document>("messages[].content[].document.format", take::text),
    row<&mark_call>("messages[].content[].toolUse", take::enter),
    part_row<&StagedPart::id>("messages[].content[].toolUse.toolUseId", take::text),
    part_row<&StagedPart::name>("messages[].content[].toolUse.name", take::text),
    part_row<&StagedPart::arguments>("messages[].content[].toolUse.input", take::object),
    row<&mark_response>("messages[].content[].toolResult", take::enter),
    part_row<&StagedPart::id>("messages[].content[].toolResult.toolUseId", take::text),
    part_row<&StagedPart::response>("messages[].content[].toolResult.content[].text"),
    row<&set_response_json>("messages[].content[].toolResult.content[].json", take::object | take::array),
    row<&add_part>("messages[].content[]", take::leave),
    row<&end_message>("messages[]", take::leave),
    row<&set_parameter>("inferenceConfig.*", any_value),
    row<&set_parameter>("additionalModelRequestFields.*", any_value),
    row<&set_tools>("toolConfig.tools", take::array),
};

constexpr JsonRow invoke_request[] = {
    row<&set_parameter>("textGenerationConfig.*", any_value),
};

}  // namespace

std::span<const JsonRow> converse_request_rows() { return converse_request; }

const JsonTable& bedrock_request() {
  static const JsonTable& table = *new JsonTable{{{converse_request}}};
  return table;
}

const JsonTable& bedrock_invoke_request() {
  static const JsonTable& table = *new JsonTable{{
      {prompt_request_rows()},
      {chat_request_rows()},
      {anthropic_request_rows()},
      {converse_request},
      {cohere_request_rows()},
      {invoke_request},
  }};
  return table;
}

}  // namespace llmtrace::llm
