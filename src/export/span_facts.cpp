#include "export/span_facts.hpp"

#include "export/wire_names.hpp"

#include <cmath>
#include <limits>

namespace llmtrace::exporting {
namespace {

using core::FieldView;
using core::Tag;
using core::ValueType;

struct Alias {
  std::string_view key;
  Tag tag;
};

constexpr Alias aliases[] = {
    {"llm.model", Tag::model},
    {"llm.provider", Tag::provider},
    {"llm.operation", Tag::operation},
    {"llm.input_tokens", Tag::usage_input},
    {"llm.output_tokens", Tag::usage_output},
    {"llm.total_tokens", Tag::usage_total},
    {"llm.messages", Tag::messages},
    {"llm.response", Tag::output},
    {"gen_ai.request.model", Tag::model},
    {"gen_ai.provider.name", Tag::provider},
    {"gen_ai.system", Tag::provider},
    {"gen_ai.operation.name", Tag::operation},
    {"gen_ai.response.model", Tag::response_model},
    {"gen_ai.response.id", Tag::response_id},
    {"gen_ai.usage.input_tokens", Tag::usage_input},
    {"gen_ai.usage.output_tokens", Tag::usage_output},
    {"gen_ai.usage.prompt_tokens", Tag::usage_input},
    {"gen_ai.usage.completion_tokens", Tag::usage_output},
    {"gen_ai.usage.cache_read.input_tokens", Tag::usage_input_cached},
    {"gen_ai.usage.cache_creation.input_tokens", Tag::usage_input_cache_write},
    {"gen_ai.usage.reasoning.output_tokens", Tag::usage_output_reasoning},
    {"gen_ai.input.messages", Tag::messages},
    {"gen_ai.output.messages", Tag::output},
};

bool may_be_alias(std::string_view key) noexcept {
  if (key.size() < 9) return false;
  std::uint32_t start = 0;
  std::memcpy(&start, key.data(), sizeof start);
  std::uint32_t llm = 0;
  std::uint32_t gen_ai = 0;
  std::memcpy(&llm, "llm.", sizeof llm);
  std::memcpy(&gen_ai, "gen_", sizeof gen_ai);
  return start == llm || start == gen_ai;
}

std::optional<std::int64_t> count_in(const FieldView& field) noexcept {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  if (field.type == ValueType::int64 && field.int64() >= 0) return field.int64();
  if (field.type == ValueType::uint64 && field.uint64() <= static_cast<std::uint64_t>(most))
    return field.int64();
  constexpr double exact = 9007199254740992.0;
  const double real = field.type == ValueType::real ? field.real() : -1;
  if (real >= 0 && real <= exact && std::floor(real) == real) return static_cast<std::int64_t>(real);
  return std::nullopt;
}

bool fits(const FieldView& field, Tag tag) noexcept {
  if (tag == Tag::messages) return field.is_text() || field.type == ValueType::array;
  if (tag == Tag::output) return field.type != ValueType::null;
  if (tag >= Tag::usage_input && tag <= Tag::usage_output_image) return count_in(field).has_value();
  return field.is_text();
}

// Of the length and the last bytes (of short keys all), in which keys differ most. Keys that agree in both
// only cost an exact look.
std::uint64_t key_hash(const FieldView& field) noexcept {
  constexpr std::uint64_t mix = 0x9e3779b97f4a7c15ULL;
  std::uint64_t tail = 0;
  const std::size_t size = field.key.size();
  const char* key = field.key.data();
  if (size >= sizeof tail) {
    std::memcpy(&tail, key + size - sizeof tail, sizeof tail);
  } else if (size >= 4) {
    std::uint32_t halves[2];
    std::memcpy(&halves[0], key, 4);
    std::memcpy(&halves[1], key + size - 4, 4);
    std::memcpy(&tail, halves, sizeof tail);
  } else if (size != 0) {
    const char bytes[4] = {key[0], key[size / 2], key[size - 1], 0};
    std::memcpy(&tail, bytes, sizeof bytes);
  }
  const std::uint64_t mixed =
      (tail ^ size << 56 ^ std::uint64_t{static_cast<std::uint8_t>(field.tag)} << 40) * mix;
  return mixed ^ mixed >> 32;
}

}  // namespace

SpanFacts::SpanFacts(const core::RecordView& record) noexcept : record_{record} {
  FieldView field;
  for (auto walk = record_.fields(); walk.next(field);) {
    payload_bytes_ += field.key.size() + field.bytes.size();
    if (field.tag >= Tag::first_repeated) {
      note_key(field);
    } else if (static_cast<std::size_t>(field.tag) < single_tags) {
      keep(field);
    }
  }
  adopt_aliases();
}

void SpanFacts::keep(const FieldView& field) noexcept {
  present_ |= bit(field.tag);
  slots_[static_cast<std::size_t>(field.tag)] = {field.key.data(), field.bytes.data(),
                                                 static_cast<std::uint32_t>(field.bytes.size()),
                                                 static_cast<std::uint16_t>(field.key.size()), field.type};
}

void SpanFacts::note_key(const FieldView& field) noexcept {
  const std::size_t index = index_of(field.tag);
  if (index >= repeated_tags) return;
  ++repeated_[index];
  const std::uint64_t hash = key_hash(field);
  std::uint64_t& word = seen_keys_[hash >> 6 & 3];
  const std::uint64_t mark = std::uint64_t{1} << (hash & 63);
  if ((word & mark) != 0) suspects_ |= 1u << index;
  word |= mark;
  if (field.tag == Tag::attribute && may_be_alias(field.key)) keep_alias(field);
}

void SpanFacts::keep_alias(const FieldView& attribute) noexcept {
  for (const Alias& alias : aliases) {
    if (alias.key != attribute.key || !fits(attribute, alias.tag)) continue;
    aliases_ |= bit(alias.tag);
    alias_slots_[static_cast<std::size_t>(alias.tag)] = {
        attribute.key.data(), attribute.bytes.data(), static_cast<std::uint32_t>(attribute.bytes.size()),
        static_cast<std::uint16_t>(attribute.key.size()), attribute.type};
    return;
  }
}

void SpanFacts::adopt_aliases() noexcept {
  from_alias_ = aliases_ & ~present_;
  if (repeated(Tag::message) != 0) from_alias_ &= ~bit(Tag::messages);
  present_ |= from_alias_;
}

std::optional<std::int64_t> SpanFacts::count(Tag tag) const noexcept { return count_in(field(tag)); }

std::optional<double> SpanFacts::cost() const noexcept {
  const FieldView found = field(Tag::cost);
  if (found.type != ValueType::real || !(found.real() >= 0) || std::isinf(found.real())) return std::nullopt;
  return found.real();
}

bool SpanFacts::failed() const noexcept {
  if (record_.has(detail::flag_error)) return true;
  return record_.has(detail::flag_left_by_exception) && !record_.has(detail::flag_ok);
}

std::string_view SpanFacts::error() const noexcept {
  const std::string_view said = text(Tag::error);
  if (!said.empty() || !failed()) return said;
  const std::string_view status = text(Tag::status);
  if (!status.empty()) return status;
  return record_.has(detail::flag_left_by_exception) ? "left by an exception" : std::string_view{};
}

std::string_view SpanFacts::error_type() const noexcept { return field(Tag::error).key; }

std::string_view SpanFacts::status_message() const noexcept {
  return failed() && text(Tag::error).empty() ? std::string_view{} : text(Tag::status);
}

std::uint8_t SpanFacts::extra_attributes() const noexcept {
  unsigned extras = 0;
  if (record_.has(detail::flag_orphan)) extras |= extra_orphan;
  if (record_.has(detail::flag_fields_dropped)) extras |= extra_fields_dropped;
  // messages that came as an attribute are one already
  const bool messages_by_setter = has_messages() && (from_alias_ & bit(Tag::messages)) == 0;
  const bool input_by_setter = has(Tag::input);
  if (messages_by_setter && input_by_setter) extras |= extra_messages;
  if (!holds_trace_fields()) {
    if (!text(Tag::user_id).empty()) extras |= extra_user;
    if (!text(Tag::session_id).empty()) extras |= extra_session;
    if (repeated(Tag::trace_tag) != 0) extras |= extra_tags;
  }
  return static_cast<std::uint8_t>(extras);
}

// The first item is the time, the rest are attributes.
EventFacts event_facts(const FieldView& event) noexcept {
  EventFacts facts{event.key, std::nullopt, false, core::FieldWalk::items_of(event)};
  FieldView item;
  if (facts.attributes.next(item) && item.type == ValueType::int64) facts.ticks = item.int64();
  core::FieldWalk rest = facts.attributes;
  facts.has_attributes = rest.next(item);
  return facts;
}

LinkFacts link_facts(const FieldView& link) noexcept {
  LinkFacts facts;
  FieldView item;
  for (auto walk = core::FieldWalk::items_of(link); walk.next(item);) {
    if (item.key == "trace_high") facts.trace_high = item.uint64();
    if (item.key == "trace_low") facts.trace_low = item.uint64();
    if (item.key == "span_id") facts.span_id = item.uint64();
  }
  return facts;
}

ScoreFacts score_facts(const FieldView& score) noexcept {
  ScoreFacts facts{score.key, std::numeric_limits<double>::quiet_NaN(), {}};
  FieldView item;
  for (auto walk = core::FieldWalk::items_of(score); walk.next(item);) {
    if (item.key == "value" && item.type == ValueType::real) facts.value = item.real();
    if (item.key == "comment" && item.is_text()) facts.comment = item.bytes;
  }
  return facts;
}

}  // namespace llmtrace::exporting
