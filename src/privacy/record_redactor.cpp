#include "privacy/record_redactor.hpp"

#include "privacy/clue.hpp"
#include "privacy/field_paths.hpp"
#include "privacy/sensitive_name.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace llmtrace::privacy {
namespace {

using core::FieldHead;
using core::FieldView;
using core::FieldWalk;
using core::RecordHead;
using core::RecordView;
using core::Tag;
using core::ValueType;

constexpr std::size_t largest_kept = 256u << 10;
constexpr int deepest_container = 64;

RedactMode mode_of(const RecordHead& head, RedactMode usual) noexcept {
  switch (head.redaction) {
    case detail::redact_off: return RedactMode::off;
    case detail::redact_secrets: return RedactMode::secrets;
    case detail::redact_pii: return RedactMode::pii;
    default: return usual;
  }
}

// The note of what was cut of a field that has no key is a number under a byte that is a tag.
bool is_note_of_tag(const FieldView& field) noexcept {
  return field.tag == Tag::truncated && field.type == ValueType::int64;
}

// Values that are neither times nor ids nor counts of ours.
bool may_be_named(Tag tag) noexcept { return detail::is_named_by_key(tag) || tag == Tag::dead; }
bool may_hold_numbers(Tag tag) noexcept {
  return may_be_named(tag) || tag == Tag::input || tag == Tag::output;
}

// Decimal digits of a number that has no fraction; empty when it has one.
std::string_view digits_of(const FieldView& field, char (&room)[32]) noexcept {
  std::to_chars_result end{room, {}};
  if (field.type == ValueType::uint64) {
    end = std::to_chars(room, room + sizeof room, field.uint64());
  } else if (field.type == ValueType::int64) {
    end = std::to_chars(room, room + sizeof room, field.int64());
  } else if (const double real = field.real(); std::fabs(real) < 9e18 && std::floor(real) == real) {
    end = std::to_chars(room, room + sizeof room, static_cast<std::int64_t>(real));
  }
  return {room, static_cast<std::size_t>(end.ptr - room)};
}

bool is_number(ValueType type) noexcept {
  return type == ValueType::int64 || type == ValueType::uint64 || type == ValueType::real;
}

}  // namespace

std::string_view RecordRedactor::apply(std::string_view record) noexcept {
  const auto view = RecordView::parse(record);
  if (!view || !needs_a_look(*view, record)) return record;
  out_.recycle(largest_kept);
  key_.recycle(largest_kept);
  shown_.recycle(largest_kept);
  changed_ = false;
  fields(*view);
  texts_.recycle();
  if (out_.failed() || key_.failed() || shown_.failed()) return without_memory(*view);
  return changed_ ? out_.view() : record;
}

// All fields in one go, keys included: a record without a clue has nothing to hide.
bool RecordRedactor::needs_a_look(const RecordView& view, std::string_view record) noexcept {
  const RedactMode mode = mode_of(view.head(), rules_->mode);
  const bool is_cut = view.has(detail::flag_text_cut);
  texts_.set_mode(mode);
  texts_.set_cut(is_cut);
  if (mode == RedactMode::pii || rules_->has_own()) return true;
  if (mode == RedactMode::off) return false;
  return is_cut || next_clue(record, sizeof(RecordHead)).found();
}

void RecordRedactor::fields(const RecordView& view) noexcept {
  out_.append(reinterpret_cast<const char*>(&view.head()), sizeof(RecordHead));
  FieldView next;
  for (auto walk = view.fields(); walk.next(next);) field(next);
}

void RecordRedactor::field(const FieldView& field) noexcept {
  if (field.tag == Tag::link || is_note_of_tag(field)) return put(field, field.key, field.type, field.bytes);
  const HookCall::Step kind{hook_, path_of(field.tag)};
  if (!has_key_in_path(field.tag)) return value(field, shown_key(field), deepest_container);
  const HookCall::Step name{hook_, field.key};
  value(field, shown_key(field), deepest_container);
}

std::string_view RecordRedactor::shown_key(const FieldView& field) noexcept {
  key_.clear();
  const bool is_changed = texts_.redact(field.key, key_) == Outcome::written;
  return is_changed ? key_.view().substr(0, detail::max_key_bytes) : field.key;
}

void RecordRedactor::value(const FieldView& field, std::string_view key, int levels) noexcept {
  if (may_be_named(field.tag)) return named_value(field, key, levels);
  if (field.type == ValueType::text || field.type == ValueType::json) return text(field, key);
  if (field.is_container()) return container(field, key, levels);
  if (is_number(field.type) && may_hold_numbers(field.tag)) return number(field, key);
  put(field, key, field.type, field.bytes);
}

void RecordRedactor::named_value(const FieldView& field, std::string_view key, int levels) noexcept {
  const NameKind kind = kind_of_name(field.key);
  const auto hidden = finding_of_kind(kind, texts_.mode());
  const bool says_something =
      is_number(field.type)
          ? kind != NameKind::token
          : field.type != ValueType::null && field.type != ValueType::boolean && !field.bytes.empty();
  if (hidden && says_something) return put(field, key, ValueType::text, replacement(*hidden));
  if (field.type == ValueType::text || field.type == ValueType::json) return text(field, key);
  if (field.is_container()) return container(field, key, levels);
  if (is_number(field.type)) return number(field, key);
  put(field, key, field.type, field.bytes);
}

void RecordRedactor::text(const FieldView& field, std::string_view key) noexcept {
  const bool is_json = JsonRedactor::is_document(field.bytes);
  if (hook_.is_set() && !is_json) {
    if (const auto wanted = hook_.replacement_for(field.bytes)) {
      const bool is_written = shown_text(*wanted, false) == Outcome::written;
      changed_ = true;
      return put(field, key, ValueType::text, is_written ? shown_.view() : std::string_view{*wanted});
    }
  }
  const Outcome outcome = shown_text(field.bytes, is_json);
  put(field, key, field.type, outcome == Outcome::written ? shown_.view() : field.bytes);
}

Outcome RecordRedactor::shown_text(std::string_view text, bool is_json) noexcept {
  shown_.clear();
  return is_json ? json_.redact(text, shown_) : texts_.redact(text, shown_);
}

// A card's number may come as a number. What hides it is a text.
void RecordRedactor::number(const FieldView& field, std::string_view key) noexcept {
  char room[32];
  shown_.clear();
  if (texts_.redact(digits_of(field, room), shown_) == Outcome::written)
    return put(field, key, ValueType::text, shown_.view());
  put(field, key, field.type, field.bytes);
}

void RecordRedactor::container(const FieldView& field, std::string_view key, int levels) noexcept {
  if (levels <= 0) return put(field, key, ValueType::text, replacement(Finding::failed));
  const std::size_t head_at = out_.size();
  put(field, key, field.type, {});
  const std::size_t items_at = out_.size();
  FieldView item;
  bool is_first = true;
  for (auto walk = FieldWalk::items_of(field); walk.next(item); is_first = false) {
    const bool is_time = is_first && field.tag == Tag::event && item.key.empty();
    if (is_time) {
      put(item, item.key, item.type, item.bytes);
      continue;
    }
    const HookCall::Step name{hook_, item.key};
    value(item, shown_key(item), levels - 1);
  }
  if (out_.failed()) return;
  const auto size = static_cast<std::uint32_t>(out_.size() - items_at);
  std::memcpy(const_cast<char*>(out_.data()) + head_at + offsetof(FieldHead, value_size), &size, sizeof size);
}

void RecordRedactor::put(const FieldView& field, std::string_view key, ValueType type,
                         std::string_view bytes) noexcept {
  changed_ =
      changed_ || key.data() != field.key.data() || (bytes.data() != field.bytes.data() && !bytes.empty());
  const FieldHead head{static_cast<std::uint8_t>(field.tag), static_cast<std::uint8_t>(type),
                       static_cast<std::uint16_t>(key.size()), static_cast<std::uint32_t>(bytes.size())};
  out_.append(reinterpret_cast<const char*>(&head), sizeof head);
  out_.append(key);
  out_.append(bytes);
}

std::string_view RecordRedactor::without_memory(const RecordView& view) noexcept {
  constexpr std::string_view name = replacement(Finding::failed);
  const FieldHead head{static_cast<std::uint8_t>(Tag::name), static_cast<std::uint8_t>(ValueType::text), 0,
                       static_cast<std::uint32_t>(name.size())};
  static_assert(sizeof(RecordHead) + sizeof head + name.size() <= sizeof last_resort_);
  std::memcpy(last_resort_, &view.head(), sizeof(RecordHead));
  std::memcpy(last_resort_ + sizeof(RecordHead), &head, sizeof head);
  std::memcpy(last_resort_ + sizeof(RecordHead) + sizeof head, name.data(), name.size());
  out_ = core::ByteBuffer{};
  key_ = core::ByteBuffer{};
  shown_ = core::ByteBuffer{};
  return {last_resort_, sizeof(RecordHead) + sizeof head + name.size()};
}

std::string_view RecordRedactor::apply_to_text(std::string_view text) noexcept {
  texts_.set_mode(rules_->mode);
  texts_.set_cut(false);
  const Outcome outcome = shown_text(text, JsonRedactor::is_document(text));
  if (shown_.failed()) return replacement(Finding::failed);
  return outcome == Outcome::written ? shown_.view() : text;
}

std::string_view RecordRedactor::apply_to_json(std::string_view json) noexcept {
  const std::string_view shown = apply_to_text(json);
  return shown == replacement(Finding::failed) ? std::string_view{"{}"} : shown;
}

}  // namespace llmtrace::privacy
