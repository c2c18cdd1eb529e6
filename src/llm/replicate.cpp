// Replicate: a prediction, whose output is a text or a list of pieces of one.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;

void add_text(Draft& draft, const JsonValue& value) {
  note_cut(draft, draft.choices.add_text(draft.choices.at(0), value.text) && !value.cut);
}

void set_status(Draft& draft, const JsonValue& value) {
  if (value.text == "starting" || value.text == "processing") return;
  draft.choices.at(0).finish_reason.assign(value.text);
}

constexpr JsonRow rows[] = {
    first_row<&Facts::response_id>("id"),
    first_row<&Facts::response_model>("model"),
    row<&add_text>("output", long_text | take::anything),
    row<&add_text>("output[]", long_text | take::anything),
    row<&set_status>("status", take::text),
    usage_row<&Usage::input>("metrics.input_token_count"),
    usage_row<&Usage::output>("metrics.output_token_count"),
};

}  // namespace

const JsonTable& replicate_response() {
  static const JsonTable& table = *new JsonTable{{{rows}, {error_rows()}}};
  return table;
}

}  // namespace llmtrace::llm
