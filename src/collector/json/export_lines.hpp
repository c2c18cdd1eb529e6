// Traces and their spans as JSON lines, page by page, so that an export of any size takes little memory.
#pragma once

#include "collector/store/store.hpp"

#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace llmtrace::collector {

struct ExportError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ExportLines {
 public:
  // All that the query finds; its cursor and limit are not read.
  ExportLines(const Store& store, TraceQuery query, std::chrono::milliseconds time_of_a_read);
  // One trace.
  ExportLines(const Store& store, std::string project, TraceId trace,
              std::chrono::milliseconds time_of_a_read);

  // Appends some lines; false when there are no more. Throws ExportError.
  [[nodiscard]] bool next(std::string& out);

 private:
  [[nodiscard]] Deadline deadline() const { return std::chrono::steady_clock::now() + time_of_a_read_; }
  void read_page();
  void begin_trace(std::string& out, TraceId id);
  void write_spans_at_once(std::string& out, TraceId id);
  void note_spans(TraceId id);
  void write_noted_spans(std::string& out);

  const Store& store_;
  TraceQuery query_;
  std::chrono::milliseconds time_of_a_read_;
  std::deque<TraceId> traces_;
  bool last_page_ = false;
  TraceId trace_{};  // whose spans are noted
  std::deque<SpanId> spans_;
};

}  // namespace llmtrace::collector
