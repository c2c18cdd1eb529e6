// Appends tagged fields to an open record: the few instructions that each setter costs.
#pragma once

#include <llmtrace/detail/core.hpp>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

// Largest cut ≤ limit that leaves no code point in halves (three bytes back at the most: beyond that it was
// no UTF-8).
inline std::size_t cut_text(std::string_view text, std::size_t limit) noexcept {
  std::size_t cut = limit;
  for (int back = 0; back < 3 && cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0u) == 0x80u; ++back)
    --cut;
  return (static_cast<unsigned char>(text[cut]) & 0xC0u) == 0x80u ? limit : cut;
}

// Keys and numbers are short: a few moves instead of a call.
LLMTRACE_INLINE void copy_bytes(unsigned char* to, const void* from, std::size_t size) noexcept {
  const auto* bytes = static_cast<const unsigned char*>(from);
  if (LLMTRACE_UNLIKELY(size > 16)) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    std::memcpy(&head, bytes, 8);
    std::memcpy(&tail, bytes + size - 8, 8);
    std::memcpy(to, &head, 8);
    std::memcpy(to + size - 8, &tail, 8);
  } else if (size >= 4) {
    std::uint32_t head = 0;
    std::uint32_t tail = 0;
    std::memcpy(&head, bytes, 4);
    std::memcpy(&tail, bytes + size - 4, 4);
    std::memcpy(to, &head, 4);
    std::memcpy(to + size - 4, &tail, 4);
  } else if (size != 0) {
    to[0] = bytes[0];
    to[size / 2] = bytes[size / 2];
    to[size - 1] = bytes[size - 1];
  }
}

class FieldWriter {
 public:
  FieldWriter(const WriterPaths& paths, Record& record) noexcept : paths_(paths), record_(record) {}

  // One whole field, or with Tag::dead an item of the container that is open.
  LLMTRACE_INLINE void put(Tag tag, ValueType type, std::string_view key, const void* value,
                           std::size_t size) noexcept {
    if (LLMTRACE_UNLIKELY(!make_way(tag, key.size() + size))) return;
    unsigned char* at = append(tag, type, key, size);
    if (LLMTRACE_LIKELY(at != nullptr)) copy_bytes(at, value, size);
  }

  // Text beyond `limit` is cut, and for a field the original size is noted.
  LLMTRACE_INLINE void text(Tag tag, std::string_view key, std::string_view value, std::size_t limit,
                            ValueType type = ValueType::text) noexcept {
    if (LLMTRACE_UNLIKELY(value.size() > limit)) return cut(tag, key, value, limit);
    put(tag, type, key, value.data(), value.size());
  }
  LLMTRACE_COLD void cut(Tag tag, std::string_view key, std::string_view value, std::size_t limit) noexcept {
    put(tag, ValueType::text, key, value.data(), cut_text(value, limit));
    mark(flag_text_cut);
    if (tag != Tag::dead) note_truncated(tag, key, value.size());
  }
  void boolean(Tag tag, std::string_view key, bool value) noexcept {
    const unsigned char byte = value ? 1 : 0;
    put(tag, ValueType::boolean, key, &byte, 1);
  }
  void int64(Tag tag, std::string_view key, std::int64_t value) noexcept {
    put(tag, ValueType::int64, key, &value, sizeof(value));
  }
  void uint64(Tag tag, std::string_view key, std::uint64_t value) noexcept {
    put(tag, ValueType::uint64, key, &value, sizeof(value));
  }
  void real(Tag tag, std::string_view key, double value) noexcept {
    put(tag, ValueType::real, key, &value, sizeof(value));
  }
  void null(Tag tag, std::string_view key) noexcept { put(tag, ValueType::null, key, nullptr, 0); }

  static constexpr std::uint32_t no_container = 0xffffffffu;

  // What is written until close() lies inside, as items. An item that does not fit is left out and marks the
  // record.
  [[nodiscard]] std::uint32_t open(Tag tag, ValueType type, std::string_view key) noexcept {
    if (!make_way(tag, key.size())) return no_container;
    const std::uint32_t start = record_.size();
    return append(tag, type, key, 0) != nullptr ? start : no_container;
  }
  void close(std::uint32_t start) noexcept {
    if (start == no_container) return;
    FieldHead head;
    std::memcpy(&head, record_.data + start, sizeof(head));
    head.value_size = record_.size() - start - static_cast<std::uint32_t>(sizeof(head)) - head.key_size;
    std::memcpy(record_.data + start, &head, sizeof(head));
  }

  // Under the user's key where that is the field's name; else under the tag, which the value's type gives
  // away.
  void note_truncated(Tag tag, std::string_view key, std::uint64_t original) noexcept {
    if (tag == Tag::attribute || tag == Tag::metadata || tag == Tag::parameter)
      return uint64(Tag::truncated, key, original);
    const char tag_byte = static_cast<char>(tag);
    int64(Tag::truncated, {&tag_byte, 1}, static_cast<std::int64_t>(original));
  }

  [[nodiscard]] bool has(Tag tag) const noexcept { return (record_.present & bit(tag)) != 0; }
  [[nodiscard]] Record& record() noexcept { return record_; }

 private:
  static constexpr std::uint64_t bit(Tag tag) noexcept { return 1ULL << static_cast<unsigned>(tag); }

  LLMTRACE_INLINE bool make_way(Tag tag, std::size_t need) noexcept {
    if (tag == Tag::dead) return true;
    if (tag < Tag::first_repeated) {
      const bool fresh = (record_.present & bit(tag)) == 0;
      record_.present |= bit(tag);
      return LLMTRACE_LIKELY(fresh) || replace(tag, need);
    }
    return LLMTRACE_LIKELY(--record_.repeats_left >= 0) || replace(tag, need);
  }

  LLMTRACE_COLD bool replace(Tag tag, std::size_t need) noexcept {
    return paths_.replace(record_, static_cast<std::uint8_t>(tag), static_cast<std::uint32_t>(need));
  }

  LLMTRACE_INLINE unsigned char* append(Tag tag, ValueType type, std::string_view key,
                                        std::size_t size) noexcept {
    if (LLMTRACE_UNLIKELY(key.size() > max_key_bytes)) key = cut_key(key);
    const std::size_t need = sizeof(FieldHead) + key.size() + size;
    if (LLMTRACE_UNLIKELY(!record_.has_room(need)) && !grow(need)) return nullptr;
    unsigned char* at = record_.extend(need);
    const FieldHead head{static_cast<std::uint8_t>(tag), static_cast<std::uint8_t>(type),
                         static_cast<std::uint16_t>(key.size()), static_cast<std::uint32_t>(size)};
    std::memcpy(at, &head, sizeof(head));
    copy_bytes(at + sizeof(head), key.data(), key.size());
    return at + sizeof(head) + key.size();
  }

  LLMTRACE_COLD std::string_view cut_key(std::string_view key) noexcept {
    mark(flag_text_cut);
    return {key.data(), cut_text(key, max_key_bytes)};
  }
  LLMTRACE_COLD bool grow(std::size_t need) noexcept {
    if (paths_.grow(record_, need)) return true;
    mark(flag_fields_dropped);
    return false;
  }
  void mark(RecordFlags flag) noexcept { record_.flags = static_cast<std::uint16_t>(record_.flags | flag); }

  const WriterPaths& paths_;
  Record& record_;
};

}  // namespace detail
LLMTRACE_END_NAMESPACE
