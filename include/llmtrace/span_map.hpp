// Spans and traces by id, for code whose begin and end lie in different callbacks: create_trace, create_span,
// complete_span, complete_trace. Thread-safe. Ids are given back, or are the caller's own. Unknown ids are
// counted and otherwise ignored; entries that are never completed are capped.
#pragma once

#include <llmtrace/trace.hpp>

#include <memory>

LLMTRACE_BEGIN_NAMESPACE

struct MapSpanOptions {
  std::string id = {};         // the caller's own; else the span's id in hex
  std::string parent_id = {};  // a span created here; else the trace's root
  SpanOptions span = {};
};

struct MapTraceOptions {
  std::string id = {};  // the caller's own; else the trace's id in hex
  TraceOptions trace = {};
};

struct Completion {
  OwnedValue output = {};
  std::string error = {};
  Usage usage = {};
  double cost_usd = unknown_cost;
  Attributes metadata = {};
};

class SpanMap {
 public:
  // Beyond `capacity` entries the oldest is completed as an error, "never completed".
  LLMTRACE_API explicit SpanMap(std::size_t capacity = 10'000) noexcept;
  // Of that tracer; once it has closed nothing more is created.
  LLMTRACE_API explicit SpanMap(const Tracer& tracer, std::size_t capacity = 10'000) noexcept;
  SpanMap(const SpanMap&) = delete;
  SpanMap& operator=(const SpanMap&) = delete;
  LLMTRACE_API ~SpanMap();

  // Empty when nothing could be created; every call takes an empty id and does nothing.
  LLMTRACE_API std::string create_trace(Text name, const MapTraceOptions& options = {}) noexcept;
  LLMTRACE_API std::string create_span(Text trace_id, Text name, SpanKind kind = SpanKind::function,
                                       const MapSpanOptions& options = {}) noexcept;
  LLMTRACE_API bool complete_span(Text span_id, const Completion& completion = {}) noexcept;
  // Completes what is open below it first, as an error, "its trace was completed".
  LLMTRACE_API bool complete_trace(Text trace_id, const Completion& completion = {}) noexcept;
  [[nodiscard]] LLMTRACE_API std::size_t size() const noexcept;

 private:
  struct Entries;
  std::unique_ptr<Entries> entries_;
};

LLMTRACE_END_NAMESPACE
