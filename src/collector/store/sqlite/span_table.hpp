// The rows of spans and their heavy texts. Used by the writer only.
#pragma once

#include "collector/store/batch.hpp"
#include "collector/store/sqlite/database.hpp"
#include "collector/store/sqlite/revisions.hpp"
#include "collector/store/sqlite/rollups.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace llmtrace::collector::sqlite {

struct SpanRow : SpanFields<std::string> {
  std::int64_t id = 0;
  std::int64_t trace = 0;
  std::optional<std::int64_t> shown_duration;
  std::optional<bool> findable;
  FieldRevisions revisions;
};

// What a span adds to its trace and to the series.
struct SpanShare {
  std::optional<UnixTime> start;
  std::optional<UnixTime> end;
  bool error = false;
  bool open = false;
  bool llm = false;
  bool root = false;
  std::optional<std::int64_t> tokens_input;
  std::optional<std::int64_t> tokens_output;
  std::optional<std::int64_t> cost;
  std::optional<std::int64_t> duration;
  std::optional<std::int64_t> time_to_first_token;

  [[nodiscard]] Figures figures() const;
};

// An error makes a span failed and an end makes it ended, also when its status does not say so.
template <class Text>
[[nodiscard]] Status shown_status(const SpanFields<Text>& span) {
  Status status = span.status.value_or(Status::running);
  if (span.end_time) status = std::max(status, Status::ok);
  if (span.error || span.error_type) status = Status::error;
  return status;
}

[[nodiscard]] std::optional<std::int64_t> duration_between(std::optional<UnixTime> start,
                                                           std::optional<UnixTime> end);

template <class Text>
[[nodiscard]] SpanShare share_of(const SpanFields<Text>& span) {
  const Status status = shown_status(span);
  SpanShare share;
  share.start = span.start_time;
  share.end = span.end_time;
  share.error = status == Status::error;
  share.open = !span.end_time && status == Status::running;
  share.llm = span.span_type == SpanType::llm;
  share.root = !span.parent_span_id;
  share.tokens_input = span.tokens_input;
  share.tokens_output = span.tokens_output;
  share.cost = span.cost;
  share.duration = span.duration ? span.duration : duration_between(span.start_time, span.end_time);
  share.time_to_first_token = span.time_to_first_token;
  return share;
}

class SpanTable {
 public:
  explicit SpanTable(Database& database);

  // False: the trace has such a span already.
  [[nodiscard]] bool insert(std::int64_t id, std::int64_t trace, const SpanUpdate& span);
  [[nodiscard]] std::optional<SpanRow> load(std::int64_t trace, SpanId span);
  // False: it says nothing new.
  [[nodiscard]] bool merge(SpanRow& row, const SpanUpdate& update);
  void save(const SpanRow& row);

  // The rows of traces that have a findable span of this id.
  [[nodiscard]] std::vector<std::int64_t> traces_of(SpanId span);

 private:
  Database& database_;
  int row_column_count_;
  Statement insert_;
  Statement insert_io_;
  Statement select_;
  Statement select_io_;
  Statement update_;
  Statement replace_io_;
  Statement find_;
};

}  // namespace llmtrace::collector::sqlite
