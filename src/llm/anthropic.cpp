// Anthropic's messages, also through Vertex and Bedrock, and its legacy completions. Tokens that the cache
// gave or took are not in input_tokens; the counts of a message_delta replace those of message_start.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

void begin_block(Draft& draft, const JsonValue&) { draft.item = {}; }

// What the provider's own servers call is no tool call of the program.
bool is_call(std::string_view type) { return type == "tool_use"; }

void store_block(Draft& draft, std::optional<std::uint64_t> index) {
  Choice& choice = draft.choices.at(0);
  StagedOutput& block = draft.item;
  bool whole = draft.choices.add_text(choice, block.text);
  whole &= draft.choices.add_reasoning(choice, block.reasoning);
  if (is_call(block.type)) {
    whole &= draft.choices.add_call(
        choice, {index, std::move(block.id), std::move(block.name), std::move(block.arguments), true});
  }
  note_cut(draft, whole);
  block = {};
}

void end_block(Draft& draft, const JsonValue&) { store_block(draft, std::nullopt); }

void set_stop_reason(Draft& draft, const JsonValue& value) {
  draft.choices.at(0).finish_reason.assign(value.text);
}

void set_tier(Draft& draft, const JsonValue& value) { draft.facts.service_tier.assign(value.text); }

// A message, alone or below "message" in message_start.
constexpr JsonRow message_rows[] = {
    first_row<&Facts::response_id>("id"),
    first_row<&Facts::response_model>("model"),
    row<&begin_block>("content[]", take::enter),
    stage_row<&Draft::item, &StagedOutput::type>("content[].type", take::text),
    stage_row<&Draft::item, &StagedOutput::text>("content[].text"),
    stage_row<&Draft::item, &StagedOutput::reasoning>("content[].thinking"),
    stage_row<&Draft::item, &StagedOutput::id>("content[].id", take::text),
    stage_row<&Draft::item, &StagedOutput::name>("content[].name", take::text),
    stage_row<&Draft::item, &StagedOutput::arguments>("content[].input",
                                                      long_text | take::object | take::array),
    row<&end_block>("content[]", take::leave),
    row<&set_stop_reason>("stop_reason", take::text),
    stage_row<&Draft::event, &StagedOutput::text>("completion"),
};

// Each event that counts repeats all calls.
void begin_iterations(Draft& draft, const JsonValue&) {
  Usage& usage = draft.facts.usage;
  usage.compaction_input.reset();
  usage.compaction_input_cached.reset();
  usage.compaction_input_cache_write.reset();
  usage.compaction_output.reset();
}
void begin_iteration(Draft& draft, const JsonValue&) { draft.iteration = {}; }
void set_iteration_type(Draft& draft, const JsonValue& value) { draft.iteration.type.assign(value.text); }
template <Count Usage::*member>
void set_iteration_count(Draft& draft, const JsonValue& value) {
  store_count(draft, draft.iteration.usage.*member, value);
}
void set_iteration_input(Draft& draft, const JsonValue& value) {
  store_count(draft, draft.iteration.raw.uncached_input, value);
}
// The last call of type `message` is what the other counts are of.
void end_iteration(Draft& draft, const JsonValue&) {
  if (draft.iteration.type != "compaction") return;
  const Usage& one = draft.iteration.usage;
  Usage& all = draft.facts.usage;
  const Count cached = sum(one.input_cached, one.input_cache_write);
  all.compaction_input = sum(all.compaction_input, sum(draft.iteration.raw.uncached_input, cached));
  all.compaction_input_cached = sum(all.compaction_input_cached, one.input_cached);
  all.compaction_input_cache_write = sum(all.compaction_input_cache_write, one.input_cache_write);
  all.compaction_output = sum(all.compaction_output, one.output);
}

constexpr JsonRow usage_rows[] = {
    row<&begin_iterations>("iterations", take::enter),
    row<&begin_iteration>("iterations[]", take::enter),
    row<&set_iteration_type>("iterations[].type", take::text),
    row<&set_iteration_input>("iterations[].input_tokens", take::number),
    row<&set_iteration_count<&Usage::input_cached>>("iterations[].cache_read_input_tokens", take::number),
    row<&set_iteration_count<&Usage::input_cache_write>>("iterations[].cache_creation_input_tokens",
                                                         take::number),
    row<&set_iteration_count<&Usage::output>>("iterations[].output_tokens", take::number),
    row<&end_iteration>("iterations[]", take::leave),
    raw_usage_row<&RawUsage::uncached_input>("input_tokens"),
    usage_row<&Usage::output>("output_tokens"),
    usage_row<&Usage::input_cached>("cache_read_input_tokens"),
    usage_row<&Usage::input_cache_write>("cache_creation_input_tokens"),
    usage_row<&Usage::input_cache_write_5m>("cache_creation.ephemeral_5m_input_tokens"),
    usage_row<&Usage::input_cache_write_1h>("cache_creation.ephemeral_1h_input_tokens"),
    usage_row<&Usage::output_reasoning>("output_tokens_details.thinking_tokens"),
    usage_row<&Usage::web_searches>("server_tool_use.web_search_requests"),
    row<&set_tier>("service_tier", take::text | take::anything),
};

void begin_event(Draft& draft, const JsonValue&) {
  draft.event = {};
  draft.item = {};
}

bool store_delta(Draft& draft) {
  Choice& choice = draft.choices.at(0);
  StagedOutput& event = draft.event;
  bool whole = draft.choices.add_text(choice, event.text);
  whole &= draft.choices.add_reasoning(choice, event.reasoning);
  // deltas of a server's own tool belong to no call that was begun
  if (!event.arguments.empty() && has_call(choice, event.index)) {
    whole &= draft.choices.add_call(choice, {event.index, {}, {}, std::move(event.arguments), false});
  }
  return whole;
}

void end_event(Draft& draft, const JsonValue&) {
  const std::string_view type = draft.event.type;
  if (type == "content_block_start") store_block(draft, draft.event.index);
  if (type == "message_stop") draft.facts.stream_ended = true;
  note_cut(draft, store_delta(draft));
}

constexpr JsonRow event_rows[] = {
    row<&begin_event>("", take::enter),
    stage_row<&Draft::event, &StagedOutput::type>("type", take::text),
    row<&stage_index<&Draft::event>>("index", take::number),
    stage_row<&Draft::item, &StagedOutput::type>("content_block.type", take::text),
    stage_row<&Draft::item, &StagedOutput::text>("content_block.text"),
    stage_row<&Draft::item, &StagedOutput::reasoning>("content_block.thinking"),
    stage_row<&Draft::item, &StagedOutput::id>("content_block.id", take::text),
    stage_row<&Draft::item, &StagedOutput::name>("content_block.name", take::text),
    stage_row<&Draft::item, &StagedOutput::arguments>("content_block.input", take::object | take::anything),
    stage_row<&Draft::event, &StagedOutput::text>("delta.text"),
    stage_row<&Draft::event, &StagedOutput::reasoning>("delta.thinking"),
    stage_row<&Draft::event, &StagedOutput::arguments>("delta.partial_json"),
    row<&set_stop_reason>("delta.stop_reason", take::text),
    row<&end_event>("", take::leave),
};

}  // namespace

std::span<const JsonRow> anthropic_message_rows() { return message_rows; }
std::span<const JsonRow> anthropic_usage_rows() { return usage_rows; }
std::span<const JsonRow> anthropic_event_rows() { return event_rows; }

const JsonTable& anthropic_response() {
  static const JsonTable& table = *new JsonTable{{
      {message_rows},
      {message_rows, "message"},
      {usage_rows, "usage"},
      {usage_rows, "message.usage"},
      {event_rows},
      {error_rows()},
  }};
  return table;
}

const JsonTable& raw_predict_response() {
  static const JsonTable& table = *new JsonTable{{
      {chat_rows()},
      {chat_message_rows(), "choices[].message"},
      {chat_delta_rows(), "choices[].delta"},
      {chat_usage_rows(), "usage"},
      {message_rows},
      {message_rows, "message"},
      {usage_rows, "usage"},
      {usage_rows, "message.usage"},
      {event_rows},
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
void add_text(Draft& draft, const JsonValue& value) { draft.messages.add_text(value.text); }
void add_system(Draft& draft, const JsonValue& value) { draft.system.add_text(value.text); }
void add_prompt(Draft& draft, const JsonValue& value) {
  draft.messages.begin();
  draft.messages.role("user");
  draft.messages.add_text(value.text);
  draft.messages.end();
}

void add_part(Draft& draft, const JsonValue&) {
  StagedPart& part = draft.part;
  part.is_call = part.type.ends_with("tool_use");
  part.is_response = part.type.ends_with("tool_result");
  part.reasoning = part.type.find("thinking") != std::string::npos;
  if (part.type == "compaction") part.text = std::move(part.response);
  draft.messages.add(part);
  part = {};
}

void set_thinking(Draft& draft, const JsonValue& value) {
  draft.part.text.assign(value.text);
  draft.part.reasoning = true;
}

constexpr JsonRow request_rows[] = {
    row<&set_parameter>("*", take::text | take::number | take::boolean | take::object | take::array),
    first_row<&Facts::request_model>("model"),
    row<&set_stream>("stream", take::boolean | take::anything),
    row<&add_system>("system", long_text),
    row<&add_system>("system[].text", long_text),
    row<&add_prompt>("prompt", long_text),
    row<&begin_message>("messages[]", take::enter),
    row<&set_role>("messages[].role", take::text),
    row<&add_text>("messages[].content", long_text),
    part_row<&StagedPart::type>("messages[].content[].type", take::text),
    part_row<&StagedPart::text>("messages[].content[].text"),
    row<&set_thinking>("messages[].content[].thinking", long_text),
    part_row<&StagedPart::id>("messages[].content[].id", take::text),
    part_row<&StagedPart::id>("messages[].content[].tool_use_id", take::text),
    part_row<&StagedPart::name>("messages[].content[].name", take::text),
    part_row<&StagedPart::arguments>("messages[].content[].input", take::object),
    part_row<&StagedPart::response>("messages[].content[].content", long_text | take::array | take::object),
    part_row<&StagedPart::mime_type>("messages[].content[].source.media_type", take::text),
    part_row<&StagedPart::uri>("messages[].content[].source.url", take::text),
    row<&add_part>("messages[].content[]", take::leave),
    row<&end_message>("messages[]", take::leave),
    row<&set_tools>("tools", take::array),
};

}  // namespace

std::span<const JsonRow> anthropic_request_rows() { return request_rows; }

const JsonTable& anthropic_request() {
  static const JsonTable& table = *new JsonTable{{{request_rows}}};
  return table;
}

}  // namespace llmtrace::llm
