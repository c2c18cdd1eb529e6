// Writes the items of batches inside one transaction: rows of spans as they come, rows of traces, series and
// facets once at the end for all that was touched. Used by the writer only.
#pragma once

#include "collector/store/batch.hpp"
#include "collector/store/sqlite/project_table.hpp"
#include "collector/store/sqlite/tables.hpp"
#include "collector/store/sqlite/trace_eraser.hpp"
#include "collector/store/store.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace llmtrace::collector::sqlite {

// Numbers that are given once and never again, also after everything has been deleted.
struct Counters {
  std::uint64_t sequence = 0;  // of commits
  std::int64_t last_trace = 0;
  std::int64_t last_span = 0;
};

class Ingest {
 public:
  Ingest(Database& database, Tables& tables, ProjectTable& projects, TraceEraser& eraser);

  // Between begin() and finish() lies one transaction. Rows received before `expired_before` count as gone.
  void begin(const Counters& counters, UnixTime now, UnixTime expired_before);
  // Fills the outcomes of the items.
  void apply(const Batch& batch, Applied& applied);
  // What was touched, by project; brings the counters up to date.
  [[nodiscard]] std::vector<Change> finish(Counters& counters);
  // After a rollback.
  void forget();

 private:
  // A trace that this transaction touches.
  struct Touched {
    TraceRow row;
    bool is_new = false;
    bool changed = false;
    bool root_changed = false;
    bool look_again = false;      // something was taken back that sums and extremes cannot take back
    std::optional<TraceRow> old;  // as it counts in the series
    std::vector<FacetRef> new_span_facets;
  };
  struct TraceKey {
    std::int64_t project = 0;
    TraceId id;
    friend bool operator==(const TraceKey&, const TraceKey&) = default;
  };
  struct HashTraceKey {
    std::size_t operator()(const TraceKey& key) const noexcept {
      return static_cast<std::size_t>(key.id.low ^ key.id.high * 31 ^
                                      static_cast<std::uint64_t>(key.project));
    }
  };

  ItemOutcome apply_trace(std::int64_t project, const TraceUpdate& update);
  ItemOutcome apply_span(std::int64_t project, const SpanUpdate& update, TraceId& lies_in);
  [[nodiscard]] ItemOutcome locate(std::int64_t project, const SpanUpdate& update, Touched*& touched);
  void store_span(Touched& touched, const SpanUpdate& update);
  void merge_span(Touched& touched, const SpanUpdate& update);

  Touched* find(std::int64_t project, TraceId id);
  Touched& find_or_make(std::int64_t project, TraceId id);
  Touched& remember(TraceRow row, bool is_new);
  [[nodiscard]] bool elsewhere(std::int64_t project, TraceId id);

  template <class Text>
  void add_share(Touched& touched, const SpanFields<Text>& span, std::int64_t times);
  template <class Text>
  void widen(Touched& touched, const SpanFields<Text>& span);
  template <class Text>
  void note_facets(Touched& touched, const SpanFields<Text>& span);
  void note_text(const Touched& touched, std::optional<std::int64_t> span);

  void look_again(Touched& touched);
  void preview_root(TraceRow& row);
  void settle(Touched& touched);
  void settle_facets(Touched& touched);
  [[nodiscard]] std::vector<FacetRef> header_facets(const TraceRow& row);

  Tables& tables_;
  ProjectTable& projects_;
  TraceEraser& eraser_;
  Statement spans_of_;
  Statement root_io_;
  Statement text_change_;
  std::unordered_map<TraceKey, Touched, HashTraceKey> touched_;
  std::unordered_map<std::int64_t, Touched*> touched_by_row_;
  std::map<std::int64_t, std::string> project_names_;
  Counters counters_;
  UnixTime now_ = 0;
  UnixTime expired_before_ = 0;
};

}  // namespace llmtrace::collector::sqlite
