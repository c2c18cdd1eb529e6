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
    if (tag == Tag::dead && !fits(key.size() + size)) return put_less(type, key, value, size);
    if (LLMTRACE_UNLIKELY(!make_way(tag, key.size() + size))) return;
    unsigned char* at = append(tag, type, key, size);
    if (LLMTRACE_LIKELY(at != nullptr)) copy_bytes(at, value, size);
  }

  // Text beyond `limit` is cut. The original size of the field is noted, of a container once it is closed.
  LLMTRACE_INLINE void text(Tag tag, std::string_view key, std::string_view value, std::size_t limit,
                            ValueType type = ValueType::text) noexcept {
    if (LLMTRACE_UNLIKELY(value.size() > limit)) return cut(tag, key, value, limit);
    put(tag, type, key, value.data(), value.size());
  }
  LLMTRACE_COLD void cut(Tag tag, std::string_view key, std::string_view value, std::size_t limit) noexcept {
    put(tag, ValueType::text, key, value.data(), cut_text(value, limit));
    mark(flag_text_cut);
    if (tag != Tag::dead) return note_truncated(tag, key, value.size());
    record_.items_lost += value.size() - cut_text(value, limit);
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
  static constexpr std::size_t no_limit = 0x80000000u;  // behind the end of any record, and no overflow

  // What is written until close() lies inside, as items. `limit` is that of the field, for all that lies
  // inside with 8 bytes for each item, which is what the punctuation takes as JSON. A text that does not fit
  // is cut; with the first item that cannot be cut the container ends, and the rest is only counted.
  [[nodiscard]] std::uint32_t open(Tag tag, ValueType type, std::string_view key,
                                   std::size_t limit) noexcept {
    if (tag == Tag::dead && !fits(key.size())) return open_left_out(key);
    if (!make_way(tag, key.size())) return no_container;
    const std::uint32_t start = record_.size();
    if (append(tag, type, key, 0) == nullptr) return no_container;
    if (tag != Tag::dead) begin_items(tag, limit);
    return start;
  }
  void close(std::uint32_t start) noexcept {
    if (start >= left_out) return;
    FieldHead head;
    std::memcpy(&head, record_.data + start, sizeof(head));
    head.value_size = record_.size() - start - static_cast<std::uint32_t>(sizeof(head)) - head.key_size;
    std::memcpy(record_.data + start, &head, sizeof(head));
    if (head.tag != 0 && LLMTRACE_UNLIKELY(record_.items_lost != 0)) note_loss(start, head);
  }

  // For a container whose first items always fit.
  void limit_rest(std::size_t limit) noexcept {
    record_.items_end = record_.size() + static_cast<std::uint32_t>(limit < no_limit ? limit : no_limit);
  }

  // A container that lies elsewhere, by its bytes.
  void copy(Tag tag, ValueType type, std::string_view key, std::string_view items,
            std::size_t limit) noexcept {
    const std::uint32_t start = open(tag, type, key, limit);
    if (start == no_container) return;
    FieldHead head;
    for (; items.size() >= sizeof(head); items.remove_prefix(head.key_size + std::size_t{head.value_size})) {
      std::memcpy(&head, items.data(), sizeof(head));
      items.remove_prefix(sizeof(head));
      copy_item(static_cast<ValueType>(head.type), items.substr(0, head.key_size),
                items.substr(head.key_size, head.value_size), limit);
    }
    close(start);
  }

  // Under the user's key where that is the field's name; else under the tag, which the value's type gives
  // away.
  void note_truncated(Tag tag, std::string_view key, std::uint64_t original) noexcept {
    if (is_named_by_key(tag)) return uint64(Tag::truncated, key, original);
    const char tag_byte = static_cast<char>(tag);
    int64(Tag::truncated, {&tag_byte, 1}, static_cast<std::int64_t>(original));
  }

  [[nodiscard]] bool has(Tag tag) const noexcept { return (record_.present & bit(tag)) != 0; }
  [[nodiscard]] Record& record() noexcept { return record_; }

 private:
  static constexpr std::uint32_t left_out = no_container - 1;  // what lies inside is only counted

  static constexpr std::uint64_t bit(Tag tag) noexcept { return 1ULL << static_cast<unsigned>(tag); }

  // Whether one more item may follow.
  [[nodiscard]] bool fits(std::size_t need) const noexcept {
    return record_.size() + sizeof(FieldHead) + need <= record_.items_end;
  }

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

  // A reply is there to be read by the worker, and its token counts come last: only its texts have a limit.
  void begin_items(Tag tag, std::size_t limit) noexcept {
    limit_rest(tag == Tag::response_value ? no_limit : limit);
    record_.items_lost = 0;
  }

  // An item that does not fit. A text that is cut leaves an eighth of the room to what stands behind it,
  // which often is small.
  LLMTRACE_COLD void put_less(ValueType type, std::string_view key, const void* value,
                              std::size_t size) noexcept {
    record_.items_lost += sizeof(FieldHead) + key.size() + size;
    const std::size_t written = record_.size();
    if (key.size() > max_key_bytes) key = cut_key(key);
    const std::size_t taken = written + sizeof(FieldHead) + key.size();
    const std::size_t room = record_.items_end > taken ? record_.items_end - taken : 0;
    const bool is_text = type == ValueType::text || type == ValueType::json;
    if (size > room && is_text && room != 0) {
      size = cut_text({static_cast<const char*>(value), size}, room - room / 8);
      type = ValueType::text;
      mark(flag_text_cut);
    }
    if (size <= room && taken <= record_.items_end) {
      if (unsigned char* at = append(Tag::dead, type, key, size)) copy_bytes(at, value, size);
      record_.items_lost -= record_.size() - written;
    } else {
      record_.items_end = 0;
    }
  }
  LLMTRACE_COLD std::uint32_t open_left_out(std::string_view key) noexcept {
    record_.items_lost += sizeof(FieldHead) + key.size();
    record_.items_end = 0;
    return left_out;
  }
  LLMTRACE_COLD void note_loss(std::uint32_t start, const FieldHead& head) noexcept {
    char key[max_key_bytes];
    std::memcpy(key, record_.data + start + sizeof(head), head.key_size);
    note_truncated(static_cast<Tag>(head.tag), {key, head.key_size}, head.value_size + record_.items_lost);
  }

  void copy_item(ValueType type, std::string_view key, std::string_view value, std::size_t limit) noexcept {
    if (type == ValueType::object || type == ValueType::array)
      return copy(Tag::dead, type, key, value, limit);
    if (type == ValueType::text || type == ValueType::json) return text(Tag::dead, key, value, limit, type);
    put(Tag::dead, type, key, value.data(), value.size());
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
