#include "collector/store/sqlite/project_table.hpp"

namespace llmtrace::collector::sqlite {

ProjectTable::ProjectTable(Database& database)
    : database_{database},
      select_{database, "SELECT id FROM projects WHERE name=?"},
      insert_{database, "INSERT INTO projects(name) VALUES(?)"},
      add_{database,
           "UPDATE projects SET traces=traces+?,spans=spans+?,errors=errors+?,tokens_input=tokens_input+?,"
           "tokens_output=tokens_output+?,cost=cost+?,last_received=coalesce(?,last_received) WHERE id=?"} {}

std::int64_t ProjectTable::find_or_make(const std::string& name) {
  if (const auto known = ids_.find(name); known != ids_.end()) return known->second;
  std::int64_t id = 0;
  {
    const StatementUse row{select_};
    row->bind(1, name);
    if (row->step()) id = row->integer(0);
  }
  if (id == 0) {
    insert_.bind(1, name).run();
    id = database_.last_rowid();
  }
  ids_.emplace(name, id);
  return id;
}

void ProjectTable::flush(std::optional<UnixTime> received) {
  for (const auto& [project, growth] : growth_) {
    const TraceRow::Sums& sums = growth.sums;
    add_.bind(1, growth.traces).bind(2, sums.spans).bind(3, sums.errors).bind(4, sums.tokens_input);
    add_.bind(5, sums.tokens_output).bind(6, sums.cost).bind(7, received).bind(8, project).run();
  }
  growth_.clear();
}

void ProjectTable::forget() {
  ids_.clear();
  growth_.clear();
}

}  // namespace llmtrace::collector::sqlite
