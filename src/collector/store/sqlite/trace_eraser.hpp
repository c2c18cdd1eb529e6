// Takes traces out, with all that they have added to sums, series and facets. Used by the writer only.
#pragma once

#include "collector/store/sqlite/project_table.hpp"
#include "collector/store/sqlite/tables.hpp"

#include <cstdint>

namespace llmtrace::collector::sqlite {

class TraceEraser {
 public:
  TraceEraser(Database& database, Tables& tables, ProjectTable& projects);

  // Everything of it, sums included; the caller flushes the tables.
  void erase(const TraceRow& row);

 private:
  void take_out_spans(const TraceRow& row);

  Tables& tables_;
  ProjectTable& projects_;
  Statement spans_;
  Statement delete_io_;
  Statement delete_spans_;
  Statement delete_trace_;
  Statement delete_trace_io_;
};

}  // namespace llmtrace::collector::sqlite
