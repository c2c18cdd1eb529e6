// One field into an open record, as the setters of plain values write it: inline where it goes to the end of
// the record, out of line where it does not.
#pragma once

#include <llmtrace/value.hpp>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

// The general way, for every type of value. By value: a reference would keep the caller's value out of
// registers.
LLMTRACE_COLD inline void put_any_value(Record& record, Tag tag, std::string_view key, Value value,
                                        std::size_t limit) noexcept {
  FieldWriter writer{started_core()->slow.writer, record};
  value.write(writer, tag, key, limit);
}

// For what does not fit, was set before or is to be cut. By its parts: a reference would keep the caller's
// value out of registers.
LLMTRACE_COLD inline void put_text_slowly(Record& record, Tag tag, ValueType type, std::string_view key,
                                          std::string_view text, std::size_t limit) noexcept {
  FieldWriter{started_core()->slow.writer, record}.text(tag, key, text, limit, type);
}
LLMTRACE_COLD inline void put_scalar_slowly(Record& record, Tag tag, ValueType type, std::string_view key,
                                            std::uint64_t bits) noexcept {
  FieldWriter{started_core()->slow.writer, record}.put(tag, type, key, &bits, sizeof(bits));
}

LLMTRACE_INLINE constexpr std::uint64_t single_bit(Tag tag) noexcept {
  return tag < Tag::first_repeated ? 1ULL << static_cast<unsigned>(tag) : 0;
}

// Whether another field of that tag simply goes to the end of the record, which then has counted it.
LLMTRACE_INLINE bool may_append(Record& record, Tag tag) noexcept {
  if (single_bit(tag) == 0) return LLMTRACE_LIKELY(--record.repeats_left >= 0);
  const bool fresh = (record.present & single_bit(tag)) == 0;
  if (LLMTRACE_LIKELY(fresh)) record.present |= single_bit(tag);
  return LLMTRACE_LIKELY(fresh);
}

LLMTRACE_INLINE unsigned char* put_field_head(unsigned char* at, Tag tag, ValueType type,
                                              std::string_view key, std::size_t size) noexcept {
  const FieldHead head{static_cast<std::uint8_t>(tag), static_cast<std::uint8_t>(type),
                       static_cast<std::uint16_t>(key.size()), static_cast<std::uint32_t>(size)};
  std::memcpy(at, &head, sizeof(head));
  if (!key.empty()) std::memcpy(at + sizeof(head), key.data(), key.size());
  return at + sizeof(head) + key.size();
}

LLMTRACE_INLINE void put_text(Record& record, Tag tag, ValueType type, std::string_view key,
                              std::string_view text, std::size_t limit) noexcept {
  const std::size_t need = sizeof(FieldHead) + key.size() + text.size();
  if (LLMTRACE_UNLIKELY(text.size() > limit) || LLMTRACE_UNLIKELY(!record.has_room(need)) ||
      !may_append(record, tag))
    return put_text_slowly(record, tag, type, key, text, limit);
  unsigned char* to = put_field_head(record.extend(need), tag, type, key, text.size());
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
}

LLMTRACE_INLINE void put_scalar(Record& record, Tag tag, ValueType type, std::string_view key,
                                std::uint64_t bits) noexcept {
  const std::size_t need = sizeof(FieldHead) + key.size() + sizeof(bits);
  if (LLMTRACE_UNLIKELY(!record.has_room(need)) || !may_append(record, tag))
    return put_scalar_slowly(record, tag, type, key, bits);
  std::memcpy(put_field_head(record.extend(need), tag, type, key, sizeof(bits)), &bits, sizeof(bits));
}

// Where the compiler sees the key and the type, which is nearly everywhere, a field is a handful of stores.
LLMTRACE_INLINE void put_value(Record& record, Tag tag, std::string_view key, const Value& value,
                               std::size_t limit) noexcept {
  constexpr std::size_t short_key = 32;
  const std::size_t key_size = key.size();
  if (!__builtin_constant_p(key_size) || key_size > short_key || !value.is_plain() ||
      value.type() == ValueType::null)
    return put_any_value(record, tag, key, value, limit);
  if (value.is_text()) return put_text(record, tag, value.type(), key, value.text(), limit);
  put_scalar(record, tag, value.type(), key, value.bits());
}

}  // namespace detail
LLMTRACE_END_NAMESPACE
