// The rows of traces: what their headers say, what follows from their spans, and what is shown. Used by the
// writer only.
#pragma once

#include "collector/store/batch.hpp"
#include "collector/store/sqlite/database.hpp"
#include "collector/store/sqlite/facets.hpp"
#include "collector/store/sqlite/revisions.hpp"
#include "collector/store/sqlite/rollups.hpp"
#include "collector/store/sqlite/span_table.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace llmtrace::collector::sqlite {

// The times and the status of the base are those that the header says.
struct TraceRow : TraceFields<std::string> {
  std::int64_t id = 0;
  std::int64_t project = 0;
  std::int64_t received = 0;
  std::int64_t sequence = 0;

  struct Shown {
    std::int64_t start_time = 0;
    std::optional<std::int64_t> end_time;
    std::optional<std::int64_t> duration;
    Status status = Status::running;
    std::optional<std::string> name;
    std::optional<std::int64_t> first_token;
  } shown;

  struct Sums {
    std::int64_t spans = 0;
    std::int64_t errors = 0;
    std::int64_t open = 0;
    std::int64_t llm = 0;
    std::int64_t tokens = 0;
    std::int64_t tokens_input = 0;
    std::int64_t tokens_input_known = 0;
    std::int64_t tokens_output = 0;
    std::int64_t tokens_output_known = 0;
    std::int64_t cost = 0;
    std::int64_t cost_known = 0;

    void add(const SpanShare& share, std::int64_t times);
  } sums;

  struct Derived {
    std::optional<std::int64_t> start;
    std::optional<std::int64_t> end;
    std::optional<std::int64_t> first_token;  // a point in time
    std::optional<SpanId> root;
    std::optional<std::int64_t> root_start;
    std::optional<Status> root_status;
    std::optional<std::string> root_name;
  } derived;

  bool has_header = false;
  FieldRevisions::Stored revisions;
  bool input_stated = false;  // the previews are the header's own, not the root span's
  bool output_stated = false;
  std::optional<std::string> input_preview;
  std::optional<std::string> output_preview;
  std::vector<FacetRef> facets;  // sorted

  // Computes what is shown from all the rest.
  void derive();
  [[nodiscard]] Figures figures() const;
};

// Takes a span's times and, when it is the first root, what a trace without a header shows.
template <class Text>
void widen_derived(TraceRow::Derived& derived, const SpanFields<Text>& span) {
  static_cast<void>(lower(derived.start, span.start_time));
  static_cast<void>(raise(derived.end, span.end_time));
  std::int64_t first_token = 0;
  if (span.start_time && span.time_to_first_token &&
      !__builtin_add_overflow(*span.start_time, *span.time_to_first_token, &first_token))
    static_cast<void>(lower(derived.first_token, std::optional<std::int64_t>{first_token}));

  if (span.parent_span_id) return;
  const std::int64_t start = span.start_time.value_or(std::numeric_limits<std::int64_t>::max());
  const bool is_first =
      !derived.root || std::pair{start, span.span_id} < std::pair{*derived.root_start, *derived.root};
  if (!is_first && derived.root != span.span_id) return;
  derived.root = span.span_id;
  derived.root_start = start;
  derived.root_status = shown_status(span);
  derived.root_name.reset();
  if (span.name) derived.root_name.emplace(*span.name);
}

// Of a stored row in the columns of `trace_columns()`, for readers.
[[nodiscard]] const std::string& trace_columns();
[[nodiscard]] TraceRow read_trace_row(const Statement& from, int first_column = 0);

class TraceTable {
 public:
  explicit TraceTable(Database& database);

  struct Owner {
    std::int64_t row = 0;
    std::int64_t project = 0;
  };
  // In whichever projects it is.
  [[nodiscard]] std::vector<Owner> owners(TraceId id);
  [[nodiscard]] std::optional<TraceRow> load(std::int64_t project, TraceId id);
  [[nodiscard]] std::optional<TraceRow> load(std::int64_t id);
  void insert(const TraceRow& row);
  void update(const TraceRow& row);

  // Merges what a header says; false when it is nothing new.
  [[nodiscard]] bool merge(TraceRow& row, const TraceUpdate& said);

 private:
  void load_io(TraceRow& row);
  void save_io(const TraceRow& row);

  Statement owners_;
  Statement select_by_id_;
  Statement select_;
  Statement insert_;
  Statement update_;
  Statement select_io_;
  Statement replace_io_;
};

}  // namespace llmtrace::collector::sqlite
