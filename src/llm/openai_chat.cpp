// OpenAI's chat completions and legacy completions, and whoever speaks like them: Azure, Mistral, DeepSeek,
// Groq, xAI, OpenRouter, Perplexity, Together, Writer, vLLM, llama.cpp, …
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

void begin_choice(Draft& draft, const JsonValue&) {
  draft.choice = {};
  draft.item = {};
  draft.pending_calls.clear();
}

// A server may repeat the message so far beside each delta (Perplexity); one of the two is read. The delta is
// staged in `item`.
void see_delta(Draft& draft, const JsonValue&) { draft.item.type = "delta"; }

// Several names of the same thing: a server may send two of them side by side.
template <StagedOutput Draft::*element, std::uint8_t source>
void stage_reasoning(Draft& draft, const JsonValue& value) {
  StagedOutput& choice = draft.*element;
  if (value.text.empty() || (choice.reasoning_source != 0 && choice.reasoning_source != source)) return;
  choice.reasoning_source = source;
  note_cut(draft, append_bounded(choice.reasoning, value.text, draft.limits.text));
}

template <StagedOutput Draft::*element>
void begin_call(Draft& draft, const JsonValue&) {
  draft.call = {};
  draft.call.in_message = element == &Draft::choice;
}
void set_call_index(Draft& draft, const JsonValue& value) { draft.call.index = parse_count(value.text); }
void set_call_id(Draft& draft, const JsonValue& value) { draft.call.id.assign(value.text); }
void set_call_name(Draft& draft, const JsonValue& value) { draft.call.name.assign(value.text); }
void set_call_arguments(Draft& draft, const JsonValue& value) {
  note_cut(draft, !value.cut);
  draft.call.arguments.assign(value.text);
}

// The index of the choice may stand behind its message, so calls wait for its end.
void end_call(Draft& draft, const JsonValue&) { keep_pending_call(draft, std::exchange(draft.call, {})); }

void end_choice(Draft& draft, const JsonValue& value) {
  const auto position = value.indices.empty() ? 0 : value.indices.back();
  Choice& choice = draft.choices.at(draft.choice.index.value_or(position));
  const StagedOutput& message = draft.choice;
  const StagedOutput& delta = draft.item;
  const bool said = !message.text.empty() || !message.reasoning.empty() || !message.refusal.empty();
  const bool in_delta = delta.type == "delta" && (draft.in_stream || !said);
  const StagedOutput& from = in_delta ? delta : message;
  bool whole = draft.choices.add_text(choice, from.text);
  whole &= draft.choices.add_reasoning(choice, from.reasoning, from.reasoning_source);
  whole &= draft.choices.add_refusal(choice, from.refusal);
  for (StagedCall& call : draft.pending_calls) {
    if (call.in_message && in_delta) continue;
    whole &= draft.choices.add_call(choice, std::move(call));
  }
  note_cut(draft, whole);
  if (!message.finish_reason.empty()) choice.finish_reason = message.finish_reason;
  draft.choice = {};
  draft.item = {};
  draft.pending_calls.clear();
}

void set_cost(Draft& draft, const JsonValue& value) {
  if (const auto cost = parse_money(value.text)) draft.facts.reported_cost = cost;
}

void set_cost_in_ticks(Draft& draft, const JsonValue& value) {
  constexpr int ticks_in_a_dollar = -10;
  if (const auto cost = parse_money(value.text, ticks_in_a_dollar)) draft.facts.reported_cost = cost;
}

void set_service_tier(Draft& draft, const JsonValue& value) { draft.facts.service_tier.assign(value.text); }

// Of a message and of a delta.
template <StagedOutput Draft::*element>
struct MessageRows {
  static constexpr JsonRow rows[] = {
      stage_row<element, &StagedOutput::text>("content"),
      stage_row<element, &StagedOutput::text>("content[].text"),
      row<&stage_reasoning<element, 1>>("content[].thinking", long_text),
      row<&stage_reasoning<element, 1>>("content[].thinking[].text", long_text),
      row<&stage_reasoning<element, 1>>("content[].summary[].text", long_text),
      row<&stage_reasoning<element, 2>>("reasoning_content", long_text | take::anything),
      row<&stage_reasoning<element, 3>>("reasoning", long_text | take::anything),
      row<&stage_reasoning<element, 4>>("reasoning_details[].text", long_text | take::anything),
      row<&stage_reasoning<element, 5>>("reasoning_details[].summary", long_text | take::anything),
      stage_row<element, &StagedOutput::text>("audio.transcript"),
      stage_row<element, &StagedOutput::refusal>("refusal"),
      row<&begin_call<element>>("tool_calls[]", take::enter),
      row<&set_call_index>("tool_calls[].index", take::number),
      row<&set_call_id>("tool_calls[].id", take::text | take::anything),
      row<&set_call_name>("tool_calls[].function.name", take::text),
      row<&set_call_arguments>("tool_calls[].function.arguments", long_text | take::object | take::array),
      row<&set_call_name>("tool_calls[].custom.name", take::text),
      row<&set_call_arguments>("tool_calls[].custom.input", long_text),
      row<&end_call>("tool_calls[]", take::leave),
      row<&begin_call<element>>("function_call", take::enter),
      row<&set_call_name>("function_call.name", take::text),
      row<&set_call_arguments>("function_call.arguments", long_text | take::object),
      row<&end_call>("function_call", take::leave),
  };
};

constexpr JsonRow rows[] = {
    first_row<&Facts::response_id>("id"),
    first_row<&Facts::response_model>("model"),
    row<&set_service_tier>("service_tier", take::text | take::anything),
    row<&begin_choice>("choices[]", take::enter),
    row<&stage_index<&Draft::choice>>("choices[].index", take::number),
    stage_row<&Draft::choice, &StagedOutput::finish_reason>("choices[].finish_reason", take::text),
    row<&see_delta>("choices[].delta", take::enter),
    stage_row<&Draft::choice, &StagedOutput::text>("choices[].text"),
    row<&end_choice>("choices[]", take::leave),
    raw_usage_row<&RawUsage::fallback_input>("timings.prompt_n"),
    raw_usage_row<&RawUsage::cached_prompt_rest>("timings.cache_n"),
    raw_usage_row<&RawUsage::fallback_output>("timings.predicted_n"),
};

constexpr JsonRow usage_rows[] = {
    usage_row<&Usage::input>("prompt_tokens"),
    usage_row<&Usage::output>("completion_tokens"),
    usage_row<&Usage::total>("total_tokens"),
    usage_row<&Usage::input>("input_tokens"),
    usage_row<&Usage::output>("output_tokens"),
    usage_row<&Usage::input_cached>("prompt_tokens_details.cached_tokens"),
    usage_row<&Usage::input_cache_write>("prompt_tokens_details.cache_write_tokens"),
    usage_row<&Usage::input_cache_write>("prompt_tokens_details.cache_creation_tokens"),
    usage_row<&Usage::input_audio>("prompt_tokens_details.audio_tokens"),
    usage_row<&Usage::input_image>("prompt_tokens_details.image_tokens"),
    usage_row<&Usage::input_video>("prompt_tokens_details.video_tokens"),
    usage_row<&Usage::input_text>("prompt_tokens_details.text_tokens"),
    usage_row<&Usage::output_reasoning>("completion_tokens_details.reasoning_tokens"),
    usage_row<&Usage::output_audio>("completion_tokens_details.audio_tokens"),
    usage_row<&Usage::output_image>("completion_tokens_details.image_tokens"),
    usage_row<&Usage::output_text>("completion_tokens_details.text_tokens"),
    usage_row<&Usage::accepted_prediction>("completion_tokens_details.accepted_prediction_tokens"),
    usage_row<&Usage::rejected_prediction>("completion_tokens_details.rejected_prediction_tokens"),
    usage_row<&Usage::input_cached>("input_tokens_details.cached_tokens"),
    usage_row<&Usage::input_cache_write>("input_tokens_details.cache_write_tokens"),
    usage_row<&Usage::input_audio>("input_tokens_details.audio_tokens"),
    usage_row<&Usage::input_image>("input_tokens_details.image_tokens"),
    usage_row<&Usage::input_text>("input_tokens_details.text_tokens"),
    usage_row<&Usage::input_audio>("input_token_details.audio_tokens"),
    usage_row<&Usage::input_text>("input_token_details.text_tokens"),
    usage_row<&Usage::input_cached>("input_token_details.cached_tokens"),
    usage_row<&Usage::output_reasoning>("output_tokens_details.reasoning_tokens"),
    usage_row<&Usage::output_audio>("output_tokens_details.audio_tokens"),
    usage_row<&Usage::output_image>("output_tokens_details.image_tokens"),
    usage_row<&Usage::output_text>("output_tokens_details.text_tokens"),
    raw_usage_row<&RawUsage::fallback_cached>("prompt_cache_hit_tokens"),
    raw_usage_row<&RawUsage::fallback_cached>("prompt_token_details.cached_tokens"),
    raw_usage_row<&RawUsage::fallback_cached>("num_cached_tokens"),
    raw_usage_row<&RawUsage::fallback_cached>("cached_tokens"),
    raw_usage_row<&RawUsage::fallback_cached>("cache_read_input_tokens"),
    usage_row<&Usage::output_reasoning>("reasoning_tokens"),
    usage_row<&Usage::output_reasoning>("completion_token_details.reasoning_tokens"),
    usage_row<&Usage::web_searches>("num_search_queries"),
    usage_row<&Usage::web_searches>("server_tool_use.web_search_requests"),
    row<&set_cost>("cost", take::number | take::anything),
    row<&set_cost>("cost.total_cost", take::number),
    row<&set_cost>("estimated_cost", take::number | take::anything),
    row<&set_cost>("pydantic_ai_gateway.cost_estimate", take::number),
    row<&set_cost_in_ticks>("cost_in_usd_ticks", take::number),
};

}  // namespace

std::span<const JsonRow> chat_rows() { return rows; }
std::span<const JsonRow> chat_message_rows() { return MessageRows<&Draft::choice>::rows; }
std::span<const JsonRow> chat_delta_rows() { return MessageRows<&Draft::item>::rows; }
std::span<const JsonRow> chat_usage_rows() { return usage_rows; }

const JsonTable& chat_response() {
  static const JsonTable& table = *new JsonTable{{
      {rows},
      {chat_message_rows(), "choices[].message"},
      {chat_delta_rows(), "choices[].delta"},
      {usage_rows, "usage"},
      {usage_rows, "x_groq.usage"},
      {usage_rows, "choices[].usage"},
      {text_generation_rows()},
      {error_rows()},
      {error_rows(), "choices[]"},
  }};
  return table;
}

}  // namespace llmtrace::llm
