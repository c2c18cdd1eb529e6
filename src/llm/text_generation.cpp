// Servers that answer a prompt with text and little else: Hugging Face's text generation (also behind
// SageMaker) and llama.cpp's own /completion.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

void add_text(Draft& draft, const JsonValue& value) {
  note_cut(draft, draft.choices.add_text(draft.choices.at(0), value.text) && !value.cut);
}

// The last event of a stream repeats the text as a whole.
void add_whole_text(Draft& draft, const JsonValue& value) {
  note_cut(draft, draft.final.add_text(draft.final.at(0), value.text) && !value.cut);
}

void set_finish_reason(Draft& draft, const JsonValue& value) {
  if (value.text != "none") draft.choices.at(0).finish_reason.assign(value.text);
}

void set_stop(Draft& draft, const JsonValue& value) {
  if (value.text == "true") draft.facts.stream_ended = true;
}

constexpr JsonRow rows[] = {
    row<&add_whole_text>("generated_text", long_text),
    row<&add_text>("token.text", long_text),
    row<&set_finish_reason>("details.finish_reason", take::text),
    usage_row<&Usage::output>("details.generated_tokens"),
    row<&add_text>("content", long_text),
    row<&set_finish_reason>("stop_type", take::text),
    row<&set_stop>("stop", take::boolean | take::anything),
    raw_usage_row<&RawUsage::fallback_input>("tokens_evaluated"),
    raw_usage_row<&RawUsage::fallback_output>("tokens_predicted"),
};

}  // namespace

std::span<const JsonRow> text_generation_rows() { return rows; }

const JsonTable& text_generation_response() {
  static const JsonTable& table = *new JsonTable{{{chat_rows()},
                                                  {chat_message_rows(), "choices[].message"},
                                                  {chat_delta_rows(), "choices[].delta"},
                                                  {chat_usage_rows(), "usage"},
                                                  {rows},
                                                  {error_rows()}},
                                                 true};
  return table;
}

}  // namespace llmtrace::llm
