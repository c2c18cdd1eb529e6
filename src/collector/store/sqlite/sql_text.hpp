// A piece of SQL with its parameters in order. What a user typed is only ever a parameter.
#pragma once

#include "collector/store/sqlite/database.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace llmtrace::collector::sqlite {

class SqlText {
 public:
  SqlText() = default;
  SqlText(std::string_view sql) : sql_{sql} {}
  SqlText(const char* sql) : sql_{sql} {}
  SqlText(std::string sql) : sql_{std::move(sql)} {}

  SqlText& operator+=(std::string_view sql) {
    sql_ += sql;
    return *this;
  }
  SqlText& operator+=(const char* sql) { return *this += std::string_view{sql}; }
  SqlText& operator+=(const std::string& sql) { return *this += std::string_view{sql}; }
  SqlText& operator+=(const SqlText& other) {
    sql_ += other.sql_;
    parameters_.insert(parameters_.end(), other.parameters_.begin(), other.parameters_.end());
    return *this;
  }
  SqlText& parameter(std::int64_t value) { return add(value); }
  SqlText& parameter(std::string value) { return add(std::move(value)); }
  // "(?,?,?)"
  SqlText& list(const std::vector<std::int64_t>& values) {
    sql_ += '(';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) sql_ += ',';
      add(values[i]);
    }
    sql_ += ')';
    return *this;
  }

  [[nodiscard]] const std::string& sql() const noexcept { return sql_; }

  // The parameters stay bound by reference: this must outlive the statement's use.
  [[nodiscard]] Statement prepare(Database& database) const {
    Statement statement{database, sql_};
    int index = 0;
    for (const auto& value : parameters_)
      std::visit([&](const auto& known) { statement.bind(++index, known); }, value);
    return statement;
  }

 private:
  template <class T>
  SqlText& add(T value) {
    sql_ += '?';
    parameters_.emplace_back(std::move(value));
    return *this;
  }

  std::string sql_;
  std::vector<std::variant<std::int64_t, std::string>> parameters_;
};

}  // namespace llmtrace::collector::sqlite
