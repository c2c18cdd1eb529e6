// How the types of the model lie in columns.
#pragma once

#include "collector/store/model.hpp"
#include "collector/store/sqlite/database.hpp"

#include <bit>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace llmtrace::collector::sqlite {

[[nodiscard]] inline std::int64_t column_of(std::uint64_t bits) noexcept {
  return std::bit_cast<std::int64_t>(bits);
}
[[nodiscard]] inline std::uint64_t bits_of(std::int64_t column) noexcept {
  return std::bit_cast<std::uint64_t>(column);
}

[[nodiscard]] std::string encode_texts(const std::vector<std::string>& texts);
[[nodiscard]] std::vector<std::string> decode_texts(std::string_view blob);

inline void bind_value(Statement& to, int index, std::int64_t value) { to.bind(index, value); }
inline void bind_value(Statement& to, int index, bool value) { to.bind(index, std::int64_t{value}); }
inline void bind_value(Statement& to, int index, SpanId id) { to.bind(index, column_of(id.value)); }
inline void bind_value(Statement& to, int index, std::string_view text) { to.bind(index, text); }
inline void bind_value(Statement& to, int index, const std::string& text) {
  to.bind(index, std::string_view{text});
}
inline void bind_value(Statement& to, int index, const std::vector<std::string>& texts) {
  to.bind_blob_copy(index, encode_texts(texts));
}
template <class Enum>
requires std::is_enum_v<Enum>
void bind_value(Statement& to, int index, Enum value) { to.bind(index, static_cast<std::int64_t>(value)); }
template <class T>
void bind_value(Statement& to, int index, const std::optional<T>& value) {
  if (value)
    bind_value(to, index, *value);
  else
    to.bind_null(index);
}

inline void read_value(const Statement& from, int column, std::int64_t& value) {
  value = from.integer(column);
}
inline void read_value(const Statement& from, int column, bool& value) { value = from.integer(column) != 0; }
inline void read_value(const Statement& from, int column, SpanId& id) {
  id.value = bits_of(from.integer(column));
}
inline void read_value(const Statement& from, int column, std::string& text) { text = from.text(column); }
inline void read_value(const Statement& from, int column, std::vector<std::string>& texts) {
  texts = decode_texts(from.blob(column));
}
template <class Enum>
requires std::is_enum_v<Enum>
void read_value(const Statement& from, int column, Enum& value) {
  value = static_cast<Enum>(from.integer(column));
}
template <class T>
void read_value(const Statement& from, int column, std::optional<T>& value) {
  if (from.is_null(column)) return value.reset();
  read_value(from, column, value.emplace());
}

// Visitors for the zip_… and visit_… functions; `next` is the parameter or column that comes next.
struct BindColumns {
  Statement& statement;
  int next;
  template <class T, class... Twin>
  void operator()(const char*, const T& value, const Twin&...) {
    bind_value(statement, next++, value);
  }
};

struct ReadColumns {
  const Statement& statement;
  int next;
  template <class T, class... Twin>
  void operator()(const char*, T& value, const Twin&...) {
    read_value(statement, next++, value);
  }
};

// "a,b,c", "?,?,?" and "a=?,b=?,c=?".
struct ColumnNames {
  std::string list;
  std::string marks;
  std::string assignments;
  int count = 0;
  template <class... Values>
  void operator()(const char* name, const Values&...) {
    add(name);
  }
  void add(const std::string& name) {
    const char* comma = count++ == 0 ? "" : ",";
    list += comma + name;
    marks += comma + std::string{"?"};
    assignments += comma + name + "=?";
  }
};

}  // namespace llmtrace::collector::sqlite
