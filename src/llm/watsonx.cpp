// IBM watsonx: text generation of its own and chat in OpenAI's shape. In a stream the tokens of the prompt
// stand in one event and 0 in the others.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <algorithm>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

void add_text(Draft& draft, const JsonValue& value) {
  note_cut(draft, draft.choices.add_text(draft.choices.at(0), value.text) && !value.cut);
}

void set_stop_reason(Draft& draft, const JsonValue& value) {
  if (value.text == "not_finished") return;
  draft.choices.at(0).finish_reason.assign(value.text);
  draft.facts.stream_ended = true;
}

template <Count Usage::*member>
void set_largest(Draft& draft, const JsonValue& value) {
  Count count;
  store_count(draft, count, value);
  Count& kept = draft.facts.usage.*member;
  if (count) kept = std::max(kept.value_or(0), *count);
}

constexpr JsonRow rows[] = {
    first_row<&Facts::response_model>("model_id"),
    row<&add_text>("results[].generated_text", long_text),
    row<&set_stop_reason>("results[].stop_reason", take::text),
    row<&set_largest<&Usage::input>>("results[].input_token_count", take::number),
    row<&set_largest<&Usage::output>>("results[].generated_token_count", take::number),
    usage_row<&Usage::input>("input_token_count"),
};

}  // namespace

const JsonTable& watsonx_response() {
  static const JsonTable& table = *new JsonTable{{
      {chat_rows()},
      {chat_message_rows(), "choices[].message"},
      {chat_delta_rows(), "choices[].delta"},
      {chat_usage_rows(), "usage"},
      {rows},
      {error_rows()},
  }};
  return table;
}

}  // namespace llmtrace::llm
