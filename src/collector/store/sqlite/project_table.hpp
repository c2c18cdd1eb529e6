// Projects by name, and what is summed over all their traces. Used by the writer only.
#pragma once

#include "collector/store/sqlite/database.hpp"
#include "collector/store/sqlite/trace_table.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

namespace llmtrace::collector::sqlite {

// What a project's totals have grown by.
struct ProjectGrowth {
  std::int64_t traces = 0;
  TraceRow::Sums sums;
};

class ProjectTable {
 public:
  explicit ProjectTable(Database& database);

  [[nodiscard]] std::int64_t find_or_make(const std::string& name);
  ProjectGrowth& growth(std::int64_t project) { return growth_[project]; }
  // Writes the growth; `received` unless it is only from deleting. Before the commit.
  void flush(std::optional<UnixTime> received);
  void forget();

 private:
  Database& database_;
  Statement select_;
  Statement insert_;
  Statement add_;
  std::unordered_map<std::string, std::int64_t> ids_;
  std::map<std::int64_t, ProjectGrowth> growth_;
};

}  // namespace llmtrace::collector::sqlite
