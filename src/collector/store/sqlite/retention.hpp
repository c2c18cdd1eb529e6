// Deletes the oldest traces, by age and by size, a few at a time so that no commit waits long. Used by the
// writer only; readers hide what has expired by the same rule.
#pragma once

#include "collector/store/sqlite/project_table.hpp"
#include "collector/store/sqlite/trace_eraser.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>

namespace llmtrace::collector::sqlite {

struct RetentionOptions {
  std::int64_t days = 0;
  std::int64_t max_bytes = 0;
  // What other files than the database take of max_bytes.
  std::function<std::int64_t()> other_bytes;

  // Traces that arrived before are gone. The beginning of time when they stay for ever.
  [[nodiscard]] UnixTime expired_before(UnixTime now) const noexcept {
    constexpr std::int64_t day = 86'400'000'000'000;
    constexpr UnixTime beginning = std::numeric_limits<UnixTime>::min();
    return days <= 0 || days > 100'000 ? beginning : now - days * day;
  }
};

class Retention {
 public:
  Retention(Database& database, Tables& tables, ProjectTable& projects, TraceEraser& eraser,
            RetentionOptions options);

  // Deletes some traces inside the open transaction; 0 when nothing is left to delete.
  std::int64_t step(UnixTime now);

  [[nodiscard]] std::int64_t used_bytes();

 private:
  [[nodiscard]] bool over_size();

  Database& database_;
  Tables& tables_;
  ProjectTable& projects_;
  TraceEraser& eraser_;
  RetentionOptions options_;
  Statement oldest_;
};

}  // namespace llmtrace::collector::sqlite
