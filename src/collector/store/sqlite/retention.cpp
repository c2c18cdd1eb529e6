#include "collector/store/sqlite/retention.hpp"

namespace llmtrace::collector::sqlite {
namespace {

// About 20 ms of work, in which no batch is committed.
constexpr std::int64_t spans_in_a_step = 600;
constexpr std::int64_t traces_in_a_step = 100;

}  // namespace

Retention::Retention(Database& database, Tables& tables, ProjectTable& projects, TraceEraser& eraser,
                     RetentionOptions options)
    : database_{database},
      tables_{tables},
      projects_{projects},
      eraser_{eraser},
      options_{std::move(options)},
      oldest_{database, "SELECT id,received FROM traces ORDER BY id LIMIT 1"} {}

std::int64_t Retention::step(UnixTime now) {
  const UnixTime expired_before = options_.expired_before(now);
  const bool make_room = over_size();
  std::int64_t traces = 0;
  for (std::int64_t spans = 0; spans < spans_in_a_step && traces < traces_in_a_step; ++traces) {
    std::int64_t id = 0;
    {
      const StatementUse row{oldest_};
      if (!row->step()) break;
      if (!make_room && row->integer(1) >= expired_before) break;
      id = row->integer(0);
    }
    const auto trace = tables_.traces.load(id);
    if (!trace) break;
    eraser_.erase(*trace);
    spans += trace->sums.spans;
  }
  if (traces == 0) return 0;
  tables_.facets.flush();
  tables_.rollups.flush();
  projects_.flush(std::nullopt);
  return traces;
}

std::int64_t Retention::used_bytes() {
  const std::int64_t pages =
      database_.integer("PRAGMA page_count") - database_.integer("PRAGMA freelist_count");
  return pages * database_.integer("PRAGMA page_size");
}

bool Retention::over_size() {
  if (options_.max_bytes <= 0) return false;
  const std::int64_t others = options_.other_bytes ? options_.other_bytes() : 0;
  return used_bytes() + others > options_.max_bytes;
}

}  // namespace llmtrace::collector::sqlite
