#include "export/cut_fields.hpp"

namespace llmtrace::exporting {
namespace {

using core::FieldView;
using core::Tag;

std::string_view name_of(Tag tag) noexcept {
  switch (tag) {
    case Tag::name: return "name";
    case Tag::model: return "model";
    case Tag::provider: return "provider";
    case Tag::operation: return "operation";
    case Tag::agent_type: return "agent_type";
    case Tag::input: return "input_data";
    case Tag::output: return "output_data";
    case Tag::status: return "status_message";
    case Tag::error: return "error";
    case Tag::messages: return "messages";
    case Tag::response_model: return "response_model";
    case Tag::response_id: return "response_id";
    case Tag::output_text: return "output_text";
    case Tag::reasoning: return "reasoning";
    case Tag::user_id: return "user_id";
    case Tag::session_id: return "session_id";
    case Tag::release: return "release";
    case Tag::environment: return "environment";
    case Tag::trace_state: return "trace_state";
    case Tag::message: return "messages";
    case Tag::trace_tag: return "tags";
    case Tag::finish_reason: return "finish_reasons";
    case Tag::event: return "events";
    case Tag::score: return "scores";
    case Tag::tool_call: return "tool_calls";
    case Tag::response_value: return "response_body";
    default: return {};
  }
}

}  // namespace

std::string_view cut_name(const FieldView& note) noexcept {
  if (note.type != core::ValueType::int64 || note.key.size() != 1) return note.key;
  const std::string_view name = name_of(static_cast<Tag>(note.key[0]));
  return name.empty() ? note.key : name;
}

bool is_of_the_past(const FieldView& note, core::FieldWalk fields) noexcept {
  auto cut = Tag::dead;  // a note stands behind the field that was cut, unless that was thrown out since
  bool is_behind = false;
  for (FieldView field; fields.next(field);) {
    if (field.bytes.data() == note.bytes.data()) is_behind = true;
    if (!detail::is_named_by_key(field.tag) || field.key != note.key) continue;
    if (is_behind && (field.tag == cut || cut == Tag::dead)) return true;
    if (!is_behind) cut = field.tag;
  }
  return false;
}

}  // namespace llmtrace::exporting
