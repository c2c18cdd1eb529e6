// Writes the bodies of the calls of the per-event protocol. That protocol has few fields and gives its own
// ids and times: what it has no place for goes into the metadata, under keys that begin with "llmtrace.".
#pragma once

#include "export/native_encoder.hpp"
#include "export/span_facts.hpp"
#include "export/trace_book.hpp"

#include <string_view>

namespace llmtrace::exporting {

class EventEncoder {
 public:
  static constexpr std::string_view trace_id_key = "llmtrace.trace_id";
  static constexpr std::string_view span_id_key = "llmtrace.span_id";
  static constexpr std::size_t longest_text = 255;  // characters of a name, a model, a user, a session
  static constexpr std::size_t most_tags = 50;

  explicit EventEncoder(EncodeContext context) noexcept : context_{std::move(context)} {}

  // Each appends one object. False when memory was refused, and the buffer is as it was.
  [[nodiscard]] bool new_trace(core::ByteBuffer& to, const TraceHeader& trace) const noexcept;
  [[nodiscard]] bool end_of_trace(core::ByteBuffer& to, const TraceHeader& trace) const noexcept;
  // A trace of which only spans are known: its root lives in another process.
  [[nodiscard]] bool new_trace_around(core::ByteBuffer& to, const SpanFacts& span) const noexcept;
  // Without the parent, whose name at the service is not known yet; never an empty object.
  [[nodiscard]] bool new_span(core::ByteBuffer& to, const SpanFacts& span) const noexcept;
  [[nodiscard]] bool end_of_span(core::ByteBuffer& to, const SpanFacts& span) const noexcept;

 private:
  EncodeContext context_;
};

}  // namespace llmtrace::exporting
