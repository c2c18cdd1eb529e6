// The questions, each a function of an open connection. They throw SqliteError, also when the deadline cuts
// them off.
#pragma once

#include "collector/store/query.hpp"
#include "collector/store/sqlite/question.hpp"
#include "collector/store/store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace llmtrace::collector::sqlite {

[[nodiscard]] Answer<TracePage> list_traces(const Question& question, const TraceQuery& query);
[[nodiscard]] Answer<StoredTrace> read_trace(const Question& question, TraceId id);
[[nodiscard]] Answer<std::int64_t> read_spans(const Question& question, TraceId id, SpanDetail detail,
                                              const Store::SpanVisitor& visit);
[[nodiscard]] Answer<StoredSpan> read_span(const Question& question, TraceId trace, SpanId span);
[[nodiscard]] Answer<SessionPage> list_sessions(const Question& question, const SessionQuery& query);
[[nodiscard]] Answer<std::vector<FacetValue>> list_facets(const Question& question, const FacetQuery& query);
[[nodiscard]] Answer<Series> read_series(const Question& question, const SeriesQuery& query);
[[nodiscard]] Totals read_totals(const Question& question);
[[nodiscard]] std::vector<ProjectRow> list_projects(const Question& question);

}  // namespace llmtrace::collector::sqlite
