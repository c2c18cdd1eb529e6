// Reads what host threads appended: a record as its head and a walk over its fields. Every length is checked,
// since a record may come from a file that another process left behind.
#pragma once

#include <llmtrace/detail/record.hpp>

#include <cstring>
#include <optional>
#include <string_view>

namespace llmtrace::core {

using detail::FieldHead;
using detail::RecordHead;
using detail::RecordType;
using detail::Tag;
using detail::ValueType;

// One field of a record, or one item of a container. Points into the record.
struct FieldView {
  Tag tag = Tag::dead;
  ValueType type = ValueType::null;
  std::string_view key;
  std::string_view bytes;  // text, or the raw bytes of a number, or the items of a container

  // Zero when the field holds another type or too few bytes.
  [[nodiscard]] bool boolean() const noexcept {
    return type == ValueType::boolean && !bytes.empty() && bytes[0] != 0;
  }
  [[nodiscard]] std::int64_t int64() const noexcept { return as<std::int64_t>(); }
  [[nodiscard]] std::uint64_t uint64() const noexcept { return as<std::uint64_t>(); }
  [[nodiscard]] double real() const noexcept { return as<double>(); }
  [[nodiscard]] bool is_text() const noexcept { return type == ValueType::text || type == ValueType::json; }
  [[nodiscard]] bool is_container() const noexcept {
    return type == ValueType::object || type == ValueType::array;
  }

 private:
  template <class Number>
  [[nodiscard]] Number as() const noexcept {
    Number number{};
    if (bytes.size() >= sizeof(number)) std::memcpy(&number, bytes.data(), sizeof(number));
    return number;
  }
};

// Walks fields in the order in which they were set; stops at the first that is not whole. Dead fields of a
// record are passed over; the items of a container all have that tag and are not.
class FieldWalk {
 public:
  explicit FieldWalk(std::string_view bytes, bool items = false) noexcept : rest_{bytes}, items_{items} {}
  static FieldWalk items_of(const FieldView& container) noexcept {
    return FieldWalk{container.is_container() ? container.bytes : std::string_view{}, true};
  }

  bool next(FieldView& out) noexcept {
    while (take(out))
      if (items_ || out.tag != Tag::dead) return true;
    return false;
  }

 private:
  bool take(FieldView& out) noexcept {
    FieldHead head;
    if (rest_.size() < sizeof(head)) return false;
    std::memcpy(&head, rest_.data(), sizeof(head));
    rest_.remove_prefix(sizeof(head));
    if (rest_.size() < std::size_t{head.key_size} + head.value_size) return false;
    out.tag = static_cast<Tag>(head.tag);
    out.type = static_cast<ValueType>(head.type);
    out.key = rest_.substr(0, head.key_size);
    out.bytes = rest_.substr(head.key_size, head.value_size);
    rest_.remove_prefix(std::size_t{head.key_size} + head.value_size);
    return true;
  }

  std::string_view rest_;
  bool items_;
};

class RecordView {
 public:
  // Nothing when the bytes are no record of this version.
  static std::optional<RecordView> parse(std::string_view bytes) noexcept {
    RecordView view;
    if (bytes.size() < sizeof(RecordHead)) return std::nullopt;
    std::memcpy(&view.head_, bytes.data(), sizeof(RecordHead));
    if (view.head_.version != detail::record_version) return std::nullopt;
    view.bytes_ = bytes;
    return view;
  }

  [[nodiscard]] const RecordHead& head() const noexcept { return head_; }
  [[nodiscard]] bool is_span() const noexcept {
    return head_.type == static_cast<std::uint8_t>(RecordType::span);
  }
  [[nodiscard]] bool has(detail::RecordFlags flag) const noexcept { return (head_.flags & flag) != 0; }
  [[nodiscard]] FieldWalk fields() const noexcept { return FieldWalk{bytes_.substr(sizeof(RecordHead))}; }
  // All of it, as it may be kept and parsed again.
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

 private:
  RecordHead head_{};
  std::string_view bytes_;
};

}  // namespace llmtrace::core
