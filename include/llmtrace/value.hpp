// What setters take: a Value refers to a bool, number, text, ready JSON, a braced list of named fields or a
// container of values without owning it; a Field is a name and a Value; Attributes own a list of fields.
#pragma once

#include <llmtrace/detail/field_writer.hpp>
#include <llmtrace/text.hpp>

#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

LLMTRACE_BEGIN_NAMESPACE

// Text that already is JSON. It is checked by the worker; what is not valid JSON is sent as text.
struct Json {
  Text text;
};

namespace detail {

template <class T, class = void>
struct is_iterable : std::false_type {};
template <class T>
struct is_iterable<
    T, std::void_t<decltype(std::declval<const T&>().begin()), decltype(std::declval<const T&>().end()),
                   decltype(std::declval<const T&>().size())>> : std::true_type {};

template <class T, class = void>
struct is_optional_like : std::false_type {};
template <class T>
struct is_optional_like<
    T, std::void_t<decltype(std::declval<const T&>().has_value()), decltype(*std::declval<const T&>())>>
    : std::true_type {};

// How a type that is neither number nor text is written; json.hpp adds the JSON library that a user has.
template <class T, class = void>
struct ValueWriter;

}  // namespace detail

class Value {
 public:
  Value(std::nullptr_t) noexcept {}
  Value(const char* text) noexcept {
    if (text != nullptr) set_text(ValueType::text, text);
  }
  Value(Json json) noexcept { set_text(ValueType::json, json.text); }
  Value(std::initializer_list<Field> fields) noexcept;
  Value(const Field* fields, std::size_t count) noexcept : write_other_{&write_fields} {
    other_ = fields;
    size_ = count;
  }

  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  Value(T number) noexcept {
    size_ = sizeof(std::uint64_t);
    if constexpr (std::is_same_v<T, bool>) {
      type_ = ValueType::boolean;
      signed_ = number ? 1 : 0;
    } else if constexpr (std::is_floating_point_v<T>) {
      type_ = ValueType::real;
      real_ = static_cast<double>(number);
    } else if constexpr (std::is_signed_v<T>) {
      type_ = ValueType::int64;
      signed_ = number;  // NOLINT(bugprone-signed-char-misuse): a number, whatever its type
    } else {
      type_ = ValueType::uint64;
      unsigned_ = number;
    }
  }

  template <class T, std::enable_if_t<std::is_enum_v<T>, int> = 0>
  Value(T enumerator) noexcept : Value(static_cast<std::underlying_type_t<T>>(enumerator)) {}

  template <class T,
            std::enable_if_t<detail::is_text_v<T> && !std::is_convertible_v<const T&, const char*>, int> = 0>
  Value(const T& text) noexcept {
    set_text(ValueType::text, std::string_view{text});
  }

  // Anything that detail::ValueWriter knows: containers, optionals, and JSON values by json.hpp.
  template <class T, std::enable_if_t<!detail::is_text_v<T> && !std::is_arithmetic_v<T> &&
                                          !std::is_enum_v<T> && (sizeof(detail::ValueWriter<T>) != 0),
                                      int> = 0>
  Value(const T& other) noexcept : write_other_{&write_as<T>} {
    other_ = &other;
  }

  // Appends it as a field, or with Tag::dead as an item of the open container.
  void write(detail::FieldWriter& to, detail::Tag tag, std::string_view key,
             std::size_t limit) const noexcept {
    if (LLMTRACE_UNLIKELY(write_other_ != nullptr)) return write_other_(*this, to, tag, key, limit);
    if (is_text()) return to.text(tag, key, {text_, size_}, limit, type_);
    to.put(tag, type_, key, &signed_, size_);
  }

  // For the inline path: neither a container nor of a type of the user's; then a text or 8 bytes.
  [[nodiscard]] LLMTRACE_INLINE bool is_plain() const noexcept { return write_other_ == nullptr; }
  [[nodiscard]] LLMTRACE_INLINE bool is_text() const noexcept {
    return type_ == ValueType::text || type_ == ValueType::json;
  }
  [[nodiscard]] LLMTRACE_INLINE std::string_view text() const noexcept { return {text_, size_}; }
  [[nodiscard]] LLMTRACE_INLINE std::uint64_t bits() const noexcept {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &signed_, sizeof(bits));
    return bits;
  }
  [[nodiscard]] LLMTRACE_INLINE detail::ValueType type() const noexcept { return type_; }

 private:
  using ValueType = detail::ValueType;
  using WriteOther = void (*)(const Value&, detail::FieldWriter&, detail::Tag, std::string_view key,
                              std::size_t limit) noexcept;

  void set_text(ValueType type, std::string_view text) noexcept {
    type_ = type;
    text_ = text.data();
    size_ = text.size();
  }

  template <class T>
  static void write_as(const Value& value, detail::FieldWriter& to, detail::Tag tag, std::string_view key,
                       std::size_t limit) noexcept {
    detail::ValueWriter<T>::write(*static_cast<const T*>(value.other_), to, tag, key, limit);
  }
  static void write_fields(const Value& value, detail::FieldWriter& to, detail::Tag tag, std::string_view key,
                           std::size_t limit) noexcept;

  WriteOther write_other_ = nullptr;
  union {
    std::int64_t signed_ = 0;
    std::uint64_t unsigned_;
    double real_;
    const char* text_;
    const void* other_;
  };
  std::size_t size_ = 0;
  ValueType type_ = ValueType::null;
};

struct Field {
  Text key;
  Value value;
};

inline Value::Value(std::initializer_list<Field> fields) noexcept : Value(fields.begin(), fields.size()) {}

inline void Value::write_fields(const Value& value, detail::FieldWriter& to, detail::Tag tag,
                                std::string_view key, std::size_t limit) noexcept {
  const auto object = to.open(tag, ValueType::object, key, limit);
  if (object == detail::FieldWriter::no_container) return;
  const Field* field = static_cast<const Field*>(value.other_);
  for (std::size_t i = 0; i < value.size_; ++i, ++field)
    field->value.write(to, detail::Tag::dead, field->key, limit);
  to.close(object);
}

namespace detail {

// Asks about the items only where there are some: a JSON value holds values of its own type, and the answer
// for those would wait for itself.
template <class T>
constexpr bool holds_values() noexcept {
  if constexpr (!is_iterable<T>::value || is_text_v<T> || is_json_value_v<T>)
    return false;
  else
    return std::is_constructible_v<Value, decltype(*std::declval<const T&>().begin())>;
}

template <class Items>
void write_items(const Items& items, FieldWriter& to, Tag tag, std::string_view key,
                 std::size_t limit) noexcept {
  const auto array = to.open(tag, ValueType::array, key, limit);
  if (array == FieldWriter::no_container) return;
  for (const auto& item : items) Value(item).write(to, Tag::dead, {}, limit);
  to.close(array);
}

template <class T>
struct ValueWriter<T, std::enable_if_t<holds_values<T>()>> {
  static void write(const T& items, FieldWriter& to, Tag tag, std::string_view key,
                    std::size_t limit) noexcept {
    write_items(items, to, tag, key, limit);
  }
};

// Text in another encoding than ours, which must not come out as a list of numbers.
template <class T>
inline constexpr bool is_wide_v =
    std::is_same_v<T, wchar_t> || std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;
#if defined(__cpp_char8_t)
template <>
inline constexpr bool is_wide_v<char8_t> = true;
#endif

// An array of C; one of char is text.
template <class T, std::size_t size>
struct ValueWriter<T[size], std::enable_if_t<!is_wide_v<T> && std::is_constructible_v<Value, const T&>>> {
  static void write(const T (&items)[size], FieldWriter& to, Tag tag, std::string_view key,
                    std::size_t limit) noexcept {
    write_items(items, to, tag, key, limit);
  }
};

template <class T>
struct ValueWriter<T, std::enable_if_t<is_optional_like<T>::value && !is_iterable<T>::value>> {
  static void write(const T& value, FieldWriter& to, Tag tag, std::string_view key,
                    std::size_t limit) noexcept {
    if (!value.has_value()) return to.null(tag, key);
    Value(*value).write(to, tag, key, limit);
  }
};

// Values side by side, as an array.
struct ValueList {
  const Value* values;
  std::size_t count;
  [[nodiscard]] const Value* begin() const noexcept { return values; }
  [[nodiscard]] const Value* end() const noexcept { return values + count; }
  [[nodiscard]] std::size_t size() const noexcept { return count; }
};

// For arguments of any type: what cannot be shown says so.
template <class T>
Value argument_value(const T& argument) noexcept {
  if constexpr (std::is_constructible_v<Value, const T&>)
    return Value(argument);
  else
    return Value("(not shown)");
}

}  // namespace detail

// An owned list of named values, for options that outlive the expression which makes them.
class Attributes {
 public:
  Attributes() noexcept = default;
  Attributes(std::initializer_list<Field> fields) noexcept { assign(fields); }
  Attributes(const Attributes& other) noexcept { copy(other); }
  Attributes(Attributes&& other) noexcept : record_(other.record_) { other.record_ = detail::Record{}; }
  Attributes& operator=(std::initializer_list<Field> fields) noexcept {
    clear();
    assign(fields);
    return *this;
  }
  Attributes& operator=(const Attributes& other) noexcept {
    if (this != &other) {
      clear();
      copy(other);
    }
    return *this;
  }
  Attributes& operator=(Attributes&& other) noexcept {
    if (this != &other) {
      clear();
      record_ = other.record_;
      other.record_ = detail::Record{};
    }
    return *this;
  }
  ~Attributes() { clear(); }

  Attributes& set(Text key, const Value& value) noexcept {
    record_.repeats_left = std::numeric_limits<std::int32_t>::max();
    detail::FieldWriter writer{paths(), record_};
    value.write(writer, detail::Tag::attribute, key, max_text);
    return *this;
  }
  [[nodiscard]] bool empty() const noexcept { return record_.size() == 0; }

  // Appends each field to a record under `tag`.
  void write(detail::FieldWriter& to, detail::Tag tag, std::size_t limit) const noexcept {
    for (std::uint32_t at = 0; at < record_.size();) {
      detail::FieldHead head;
      std::memcpy(&head, record_.data + at, sizeof(head));
      const char* key = reinterpret_cast<const char*>(record_.data + at + sizeof(head));
      const auto type = static_cast<detail::ValueType>(head.type);
      const std::string_view name{key, head.key_size};
      const char* value = key + head.key_size;
      const bool is_note = static_cast<detail::Tag>(head.tag) == detail::Tag::truncated;
      if (type == detail::ValueType::text || type == detail::ValueType::json)
        to.text(tag, name, {value, head.value_size}, limit, type);
      else if (type == detail::ValueType::object || type == detail::ValueType::array)
        to.copy(tag, type, name, {value, head.value_size}, limit);
      else if (!is_note)
        to.put(tag, type, name, value, head.value_size);
      at += static_cast<std::uint32_t>(sizeof(head)) + head.key_size + head.value_size;
    }
  }

 private:
  // Far above what a span takes: what is too long is cut there, where its size is noted.
  static constexpr std::uint32_t max_text = 64u << 20;
  static constexpr std::uint32_t max_size = 256u << 20;

  void assign(std::initializer_list<Field> fields) noexcept {
    for (const Field& field : fields) set(field.key, field.value);
  }
  void copy(const Attributes& other) noexcept {
    const std::uint32_t size = other.record_.size();
    if (size != 0 && grow(record_, size)) std::memcpy(record_.extend(size), other.record_.data, size);
  }
  void clear() noexcept {
    std::free(record_.data);
    record_ = detail::Record{};
  }
  static bool grow(detail::Record& record, std::size_t need) noexcept {
    const std::size_t written = record.size();
    const std::size_t wanted = (written + need) * 2;
    if (need > max_size || wanted > std::size_t{max_size} * 2) return false;
    void* larger = std::realloc(record.data, wanted);
    if (larger == nullptr) return false;
    record.set_buffer(larger, written, wanted);
    return true;
  }
  static const detail::WriterPaths& paths() noexcept {
    static constexpr detail::WriterPaths own{
        &grow, [](detail::Record&, std::uint8_t, std::uint32_t) noexcept { return true; }};
    return own;
  }

  detail::Record record_;
};

// One owned value, for the same purpose.
class OwnedValue {
 public:
  OwnedValue() noexcept = default;
  OwnedValue(std::initializer_list<Field> fields) noexcept { held_.set({}, Value(fields)); }
  template <class T, std::enable_if_t<
                         std::is_constructible_v<Value, const T&> && !std::is_same_v<T, OwnedValue>, int> = 0>
  OwnedValue(const T& value) noexcept {
    held_.set({}, Value(value));
  }
  [[nodiscard]] bool empty() const noexcept { return held_.empty(); }
  void write(detail::FieldWriter& to, detail::Tag tag, std::size_t limit) const noexcept {
    held_.write(to, tag, limit);
  }

 private:
  Attributes held_;
};

LLMTRACE_END_NAMESPACE
