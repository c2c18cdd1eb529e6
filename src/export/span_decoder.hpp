// Turns records into the objects that a user's exporter gets: the same facts as the wire's JSON, as C++
// values.
#pragma once

#include "core/byte_buffer.hpp"
#include "core/clock_map.hpp"
#include "export/repeated_keys.hpp"
#include "export/span_facts.hpp"
#include "export/trace_book.hpp"
#include <llmtrace/exporter.hpp>

namespace llmtrace::exporting {

// The clock outlives the decoder. One thread at a time.
class SpanDecoder {
 public:
  explicit SpanDecoder(const core::ClockMap* clock) noexcept : clock_{clock} {}

  // False when memory was refused; `out` is then to be thrown away.
  [[nodiscard]] bool span(const SpanFacts& facts, SpanData& out) noexcept;
  [[nodiscard]] bool trace(const TraceHeader& trace, TraceData& out) noexcept;

 private:
  void head(const SpanFacts& facts, SpanData& out);
  void texts(const SpanFacts& facts, SpanData& out);
  void lists(const SpanFacts& facts, SpanData& out);
  void costs(const SpanFacts& facts, SpanData& out);
  void reply(const SpanFacts& facts, SpanData& out);
  void attributes(const SpanFacts& facts, RecordedFields& out);
  void trace_head(const TraceHeader& trace, const SpanFacts& root, TraceData& out);
  void trace_fields(const SpanFacts& root, TraceData& out);
  void fields(FieldRange range, RecordedFields& out);
  void truncated(const core::RecordView& record, SpanData& out);
  RecordedValue value(const core::FieldView& field);
  RecordedValue input(const SpanFacts& facts);
  RecordedEvent event(const core::FieldView& field);

  template <class Write>
  std::string json(Write write);

  [[nodiscard]] SystemTime time(std::int64_t ticks) const noexcept;

  const core::ClockMap* clock_;
  core::ByteBuffer scratch_;
};

}  // namespace llmtrace::exporting
