// Writes a record anew, field by field: for steps of the worker that put something else in the place of what
// the host recorded. May throw std::bad_alloc.
#pragma once

#include "core/record_view.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrace::core {

class RecordWriter {
 public:
  // Starts anew, in the memory of the last record unless that was large.
  void begin(const RecordHead& head) {
    constexpr std::size_t largest_kept = 256u << 10;
    if (bytes_.capacity() > largest_kept) bytes_ = std::string{};
    bytes_.assign(reinterpret_cast<const char*>(&head), sizeof(head));
  }
  void add_flags(unsigned flags) noexcept {
    RecordHead head;
    std::memcpy(&head, bytes_.data(), sizeof(head));
    head.flags = static_cast<std::uint16_t>(head.flags | flags);
    std::memcpy(bytes_.data(), &head, sizeof(head));
  }

  void copy(const FieldView& field) { put(field.tag, field.type, field.key, field.bytes); }
  void put(Tag tag, ValueType type, std::string_view key, std::string_view bytes) {
    const FieldHead head{static_cast<std::uint8_t>(tag), static_cast<std::uint8_t>(type),
                         static_cast<std::uint16_t>(key.size()), static_cast<std::uint32_t>(bytes.size())};
    bytes_.append(reinterpret_cast<const char*>(&head), sizeof(head));
    bytes_.append(key).append(bytes);
  }
  void text(Tag tag, std::string_view key, std::string_view value) { put(tag, ValueType::text, key, value); }
  void json(Tag tag, std::string_view key, std::string_view value) { put(tag, ValueType::json, key, value); }
  void int64(Tag tag, std::string_view key, std::int64_t value) { number(tag, ValueType::int64, key, value); }
  void uint64(Tag tag, std::string_view key, std::uint64_t value) {
    number(tag, ValueType::uint64, key, value);
  }
  void real(Tag tag, std::string_view key, double value) { number(tag, ValueType::real, key, value); }
  void boolean(Tag tag, bool value) {
    const char byte = value ? 1 : 0;
    put(tag, ValueType::boolean, {}, {&byte, 1});
  }

  // What `write` adds lies inside of the container, as items with Tag::dead.
  template <class Write>
  void container(Tag tag, ValueType type, std::string_view key, Write&& write) {
    const std::size_t start = bytes_.size();
    put(tag, type, key, {});
    const std::size_t inside = bytes_.size();
    write();
    const auto size = static_cast<std::uint32_t>(bytes_.size() - inside);
    std::memcpy(bytes_.data() + start + offsetof(FieldHead, value_size), &size, sizeof(size));
  }
  // A text in pieces, which only the caller knows where to find.
  template <class Append>
  void joined_text(Tag tag, Append&& append) {
    container(tag, ValueType::text, {}, [&] { append(bytes_); });
  }

  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

 private:
  template <class Number>
  void number(Tag tag, ValueType type, std::string_view key, Number value) {
    put(tag, type, key, {reinterpret_cast<const char*>(&value), sizeof(value)});
  }

  std::string bytes_;
};

}  // namespace llmtrace::core
