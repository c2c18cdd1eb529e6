// How a store is doing, for /readyz, /metrics and the status page.
#pragma once

#include "collector/store/model.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace llmtrace::collector {

enum class FileCheck : std::uint8_t { pending, running, ok, damaged, not_needed };

struct StoreStatus {
  // False: nothing can be written or read; `problem` says why. On a full disk it says so while the store is
  // ready: it can be read, and tries each batch.
  bool ready = false;
  std::string problem;

  std::string location;  // the file, or ":memory:"
  std::int64_t schema_version = 0;
  FileCheck check = FileCheck::pending;
  std::string check_report;  // what a damaged file suffers from

  std::int64_t queued_batches = 0;
  std::int64_t queued_items = 0;
  std::int64_t queued_bytes = 0;
  std::int64_t queue_limit_bytes = 0;

  // Since the start.
  std::uint64_t commits = 0;
  std::uint64_t committed_spans = 0;
  std::uint64_t committed_traces = 0;
  std::uint64_t busy_batches = 0;
  std::uint64_t failed_batches = 0;
  std::int64_t last_commit_nanoseconds = 0;
  std::int64_t slowest_commit_nanoseconds = 0;  // of the last minute

  std::int64_t database_bytes = 0;  // in use
  std::int64_t file_bytes = 0;      // on disk, all files together
  std::int64_t wal_bytes = 0;
  std::int64_t text_index_bytes = 0;
  std::int64_t free_disk_bytes = 0;

  std::int64_t retention_days = 0;   // 0: for ever
  std::int64_t max_bytes = 0;        // 0: no limit
  std::uint64_t deleted_traces = 0;  // by retention, since the start
  std::optional<UnixTime> oldest_received;

  std::int64_t text_index_backlog = 0;  // spans and headers that are stored and not yet indexed
};

}  // namespace llmtrace::collector
