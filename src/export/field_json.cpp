#include "export/field_json.hpp"

#include "core/json_check.hpp"
#include "export/item_json.hpp"

namespace llmtrace::exporting {
namespace {

using core::FieldView;
using core::FieldWalk;
using core::Tag;
using core::ValueType;

struct ExtraName {
  ExtraAttributes extra;
  std::string_view key;
};

constexpr ExtraName extra_names[] = {
    {extra_orphan, "llmtrace.orphan"}, {extra_fields_dropped, "llmtrace.fields_dropped"},
    {extra_messages, "llm.messages"},  {extra_user, "user.id"},
    {extra_session, "session.id"},     {extra_tags, "trace.tags"},
};

// The items between the brackets of valid JSON that is an array; nothing for other JSON.
std::optional<std::string_view> items_of_array(std::string_view json) noexcept {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = json.find_first_not_of(blank);
  if (first == std::string_view::npos || json[first] != '[') return std::nullopt;
  std::string_view items = json.substr(first + 1, json.find_last_not_of(blank) - first - 1);
  if (items.find_first_not_of(blank) == std::string_view::npos) items = {};
  return items;
}

}  // namespace

void FieldJson::value(const FieldView& field, int levels) noexcept {
  switch (field.type) {
    case ValueType::boolean: return writer_.boolean(field.boolean());
    case ValueType::int64: return writer_.integer(field.int64());
    case ValueType::uint64: return writer_.integer(field.uint64());
    case ValueType::real: return writer_.number(field.real());
    case ValueType::text: return writer_.string(field.bytes);
    case ValueType::json: return json_or_text(field.bytes, levels);
    case ValueType::object:
    case ValueType::array: return container(field, levels);
    case ValueType::null: break;
  }
  writer_.null();
}

void FieldJson::json_or_text(std::string_view text, int levels) noexcept {
  if (levels >= 0 && core::is_valid_json(text, levels)) return writer_.raw(text);
  writer_.string(text);
}

void FieldJson::container(const FieldView& field, int levels) noexcept {
  if (levels <= 0) return writer_.null();
  if (field.type == ValueType::object) {
    writer_.begin_object();
    members({FieldWalk::items_of(field)}, levels - 1);
    writer_.end_object();
    return;
  }
  writer_.begin_array();
  FieldView item;
  for (auto walk = FieldWalk::items_of(field); walk.next(item);) value(item, levels - 1);
  writer_.end_array();
}

void FieldJson::members(const SpanFacts& facts, Tag tag, int levels, std::uint8_t extras) noexcept {
  members({facts.record().fields(), tag}, levels, facts.keys_may_repeat(tag), extras);
}

void FieldJson::members(FieldRange fields, int levels) noexcept { members(fields, levels, true, 0); }

void FieldJson::members(FieldRange fields, int levels, bool keys_may_repeat, std::uint8_t extras) noexcept {
  RepeatedKeys repeated;
  if (keys_may_repeat && !repeated.find(fields)) return note_out_of_memory();
  FieldView field;
  for (std::size_t i = 0; fields.next(field); ++i) {
    if (repeated.comes_again(i) || (extras != 0 && is_extra(field.key, extras))) continue;
    writer_.key(field.key);
    value(field, levels);
  }
}

void FieldJson::input(const SpanFacts& facts) noexcept {
  if (facts.has(Tag::input)) return value(facts.field(Tag::input), levels_in_member - 1);
  writer_.begin_object();
  writer_.literal_key("messages");
  messages(facts, levels_in_member - 1);
  writer_.end_object();
}

// What was set as a whole comes first, then the messages that were added one by one.
void FieldJson::messages(const SpanFacts& facts, int levels) noexcept {
  const FieldView whole = facts.field(Tag::messages);
  const bool is_json = whole.is_text() && core::is_valid_json(whole.bytes, levels);
  if (facts.repeated(Tag::message) == 0) return is_json ? writer_.raw(whole.bytes) : value(whole, levels);
  writer_.begin_array();
  if (const auto items = is_json ? items_of_array(whole.bytes) : std::nullopt) {
    if (!items->empty()) writer_.raw(*items);
  } else if (facts.has(Tag::messages)) {
    value(whole, levels - 1);
  }
  message_list(facts);
  writer_.end_array();
}

void FieldJson::message_list(const SpanFacts& facts) noexcept {
  FieldView message;
  for (FieldRange range{facts.record().fields(), Tag::message}; range.next(message);) {
    writer_.begin_object();
    writer_.literal_key("role");
    writer_.string(message.key);
    writer_.literal_key("content");
    value(message, levels_in_member - 4);
    writer_.end_object();
  }
}

void FieldJson::tags(const SpanFacts& facts) noexcept {
  writer_.begin_array();
  FieldView tag;
  for (FieldRange range{facts.record().fields(), Tag::trace_tag}; range.next(tag);)
    if (tag.is_text()) writer_.string(tag.bytes);
  writer_.end_array();
}

std::string_view FieldJson::extra_name(ExtraAttributes extra) noexcept {
  for (const ExtraName& name : extra_names)
    if (name.extra == extra) return name.key;
  return {};
}

bool FieldJson::is_extra(std::string_view key, std::uint8_t extras) noexcept {
  for (const ExtraName& name : extra_names)
    if ((extras & name.extra) != 0 && name.key == key) return true;
  return false;
}

void FieldJson::extra_attributes(const SpanFacts& facts, std::uint8_t extras) noexcept {
  for (const auto& [extra, key] : extra_names) {
    if ((extras & extra) == 0) continue;
    writer_.key(key);
    switch (extra) {
      case extra_messages: messages(facts, levels_in_member - 1); break;
      case extra_user: writer_.string(facts.text(Tag::user_id)); break;
      case extra_session: writer_.string(facts.text(Tag::session_id)); break;
      case extra_tags: tags(facts); break;
      default: writer_.boolean(true);
    }
  }
}

}  // namespace llmtrace::exporting
