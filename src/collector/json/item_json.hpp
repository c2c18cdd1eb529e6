// Traces, spans and the other answers of a store as JSON. What is unknown is left out.
#pragma once

#include "collector/store/query.hpp"
#include "core/json_writer.hpp"

#include <string_view>

namespace llmtrace::collector {

void write_time(core::JsonWriter& writer, UnixTime time);
void write_milliseconds(core::JsonWriter& writer, std::int64_t nanoseconds);
void write_dollars(core::JsonWriter& writer, std::int64_t nanodollars);

// The members that a trace has everywhere; the caller opens and closes the object.
void write_trace_row(core::JsonWriter& writer, const StoredTrace& trace, std::string_view project);
void write_trace_details(core::JsonWriter& writer, const StoredTrace& trace);  // metadata, input, output, …
void write_totals(core::JsonWriter& writer, const TraceTotals& totals);

enum class SpanBody : unsigned char { light, full };
void write_span(core::JsonWriter& writer, const StoredSpan& span, SpanBody body);

// As the `file` exporter writes them and a batch takes them: nothing but what the wire knows.
void write_wire_trace(core::JsonWriter& writer, const StoredTrace& trace, std::string_view project);
void write_wire_span(core::JsonWriter& writer, const StoredSpan& span);

}  // namespace llmtrace::collector
