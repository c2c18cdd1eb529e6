// Requests in OpenAI's shape: chat with messages, and what asks with a prompt, an input or a query.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

#include <algorithm>

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t long_text = take::text | take::long_text;
constexpr std::uint16_t any_value = take::text | take::number | take::boolean | take::object | take::array;

void begin_message(Draft& draft, const JsonValue&) {
  draft.messages.begin();
  draft.part = {};
}
void end_message(Draft& draft, const JsonValue&) { draft.messages.end(); }
void set_role(Draft& draft, const JsonValue& value) { draft.messages.role(value.text); }
void set_name(Draft& draft, const JsonValue& value) { draft.messages.name(value.text); }
void set_tool_call_id(Draft& draft, const JsonValue& value) { draft.messages.tool_call_id(value.text); }
void add_text(Draft& draft, const JsonValue& value) { draft.messages.add_text(value.text); }

void set_reasoning(Draft& draft, const JsonValue& value) {
  append_bounded(draft.part.text, value.text, draft.limits.messages);
  draft.part.reasoning = true;
}

template <std::uint8_t source>
void add_reasoning(Draft& draft, const JsonValue& value) {
  draft.messages.add_reasoning(value.text, source);
}

void add_part(Draft& draft, const JsonValue&) {
  draft.messages.add(draft.part);
  draft.part = {};
}

// An image inside of the request says what it is and then a megabyte; the bytes are left out.
void set_image(Draft& draft, const JsonValue& value) {
  const std::string_view url = value.text;
  if (!url.starts_with("data:")) {
    draft.part.uri.assign(url);
    draft.part.type = "image";
    return;
  }
  const std::string_view rest = url.substr(5);
  draft.part.mime_type.assign(
      rest.substr(0, std::min<std::size_t>({rest.find_first_of(";,"), rest.size(), 64})));
}

void set_audio(Draft& draft, const JsonValue& value) {
  draft.part.mime_type = "audio/" + std::string{value.text};
}

void begin_call(Draft& draft, const JsonValue&) {
  draft.part = {};
  draft.part.is_call = true;
}

constexpr JsonRow chat_rows_of_request[] = {
    row<&set_parameter>("*", any_value),
    first_row<&Facts::request_model>("model"),
    first_row<&Facts::request_model>("model_id"),
    row<&set_stream>("stream", take::boolean | take::anything),
    row<&begin_message>("messages[]", take::enter),
    row<&set_role>("messages[].role", take::text),
    row<&set_name>("messages[].name", take::text | take::anything),
    row<&set_tool_call_id>("messages[].tool_call_id", take::text),
    row<&add_text>("messages[].content", long_text),
    row<&add_text>("messages[].tool_plan", long_text),
    part_row<&StagedPart::text>("messages[].content[].text"),
    row<&set_reasoning>("messages[].content[].thinking", long_text | take::anything),
    row<&set_reasoning>("messages[].content[].thinking[].text", long_text),
    row<&add_reasoning<1>>("messages[].reasoning_content", long_text | take::anything),
    row<&add_reasoning<2>>("messages[].reasoning", long_text | take::anything),
    row<&add_reasoning<3>>("messages[].reasoning_details[].text", long_text | take::anything),
    row<&add_reasoning<4>>("messages[].reasoning_details[].summary", long_text | take::anything),
    row<&set_image>("messages[].content[].image_url", take::text),
    row<&set_image>("messages[].content[].image_url.url", take::text),
    row<&set_audio>("messages[].content[].input_audio.format", take::text),
    part_row<&StagedPart::mime_type>("messages[].content[].file.filename", take::text),
    row<&add_part>("messages[].content[]", take::leave),
    row<&begin_call>("messages[].tool_calls[]", take::enter),
    part_row<&StagedPart::id>("messages[].tool_calls[].id", take::text),
    part_row<&StagedPart::name>("messages[].tool_calls[].function.name", take::text),
    part_row<&StagedPart::arguments>("messages[].tool_calls[].function.arguments", long_text | take::object),
    row<&add_part>("messages[].tool_calls[]", take::leave),
    row<&end_message>("messages[]", take::leave),
    row<&set_tools>("tools", take::array),
    row<&set_tools>("functions", take::array),
    row<&set_parameter>("options.*", any_value),
};

void add_prompt(Draft& draft, const JsonValue& value) {
  draft.plain_prompt = true;
  draft.messages.begin();
  draft.messages.role("user");
  draft.messages.add_text(value.text);
  draft.messages.end();
}

void add_system(Draft& draft, const JsonValue& value) { draft.system.add_text(value.text); }

constexpr JsonRow prompt_rows[] = {
    row<&set_parameter>("*", any_value),
    first_row<&Facts::request_model>("model"),
    first_row<&Facts::request_model>("model_id"),
    first_row<&Facts::request_model>("modelId"),
    row<&set_stream>("stream", take::boolean | take::anything),
    row<&add_prompt>("prompt", long_text | take::anything),
    row<&add_prompt>("prompt[]", long_text | take::anything),
    row<&add_prompt>("input", long_text | take::anything),
    row<&add_prompt>("input[]", long_text | take::anything),
    row<&add_prompt>("input[].text", long_text | take::anything),
    row<&add_prompt>("input.prompt", long_text),
    row<&add_system>("input.system_prompt", long_text),
    row<&add_prompt>("inputs", long_text | take::anything),
    row<&add_prompt>("inputs[]", long_text | take::anything),
    row<&add_prompt>("inputText", long_text),
    row<&add_prompt>("texts[]", long_text),
    row<&add_prompt>("query", long_text),
    row<&add_prompt>("text", long_text | take::anything),
    row<&add_system>("system", long_text | take::anything),
    row<&add_system>("instructions", long_text | take::anything),
    row<&set_parameter>("parameters.*", any_value),
    row<&set_parameter>("options.*", any_value),
};

}  // namespace

std::span<const JsonRow> chat_request_rows() { return chat_rows_of_request; }
std::span<const JsonRow> prompt_request_rows() { return prompt_rows; }

const JsonTable& chat_request() {
  static const JsonTable& table = *new JsonTable{{{chat_rows_of_request}}};
  return table;
}

const JsonTable& prompt_request() {
  static const JsonTable& table = *new JsonTable{{{prompt_rows}}};
  return table;
}

const JsonTable& any_request() {
  static const JsonTable& table =
      *new JsonTable{{{prompt_rows}, {responses_request_rows()}, {chat_rows_of_request}}};
  return table;
}

}  // namespace llmtrace::llm
