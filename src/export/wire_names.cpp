#include "export/wire_names.hpp"

namespace llmtrace::exporting {
namespace {

using core::Tag;

std::string_view field_name(Tag tag) noexcept {
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

std::string_view span_type_name(std::uint8_t kind) noexcept {
  return kind <= static_cast<std::uint8_t>(SpanKind::other) ? to_string(static_cast<SpanKind>(kind))
                                                            : "other";
}

std::string_view truncated_name(const core::FieldView& field) noexcept {
  if (field.type != core::ValueType::int64 || field.key.size() != 1) return field.key;
  const std::string_view name = field_name(static_cast<Tag>(field.key[0]));
  return name.empty() ? field.key : name;
}

}  // namespace llmtrace::exporting
