// Writes spans and trace headers as the JSON of the native wire (docs/wire-format.md), straight from their
// records into the body that is sent. What is unknown is absent.
#pragma once

#include "core/byte_buffer.hpp"
#include "core/clock_map.hpp"
#include "export/span_facts.hpp"
#include "export/trace_book.hpp"

#include <string>

namespace llmtrace::exporting {

// What all items of one exporter have in common. The clock outlives the encoder and is updated by its lane.
struct EncodeContext {
  std::string project_id;
  std::string environment;
  std::string release;
  std::string resource;  // a JSON object, made once: service, host, process, version of the SDK
  const core::ClockMap* clock = nullptr;
};

class NativeEncoder {
 public:
  explicit NativeEncoder(EncodeContext context) noexcept : context_{std::move(context)} {}

  // Appends one object. False when memory was refused, and the buffer is as it was.
  [[nodiscard]] bool span(core::ByteBuffer& to, const SpanFacts& span) const noexcept;
  [[nodiscard]] bool trace(core::ByteBuffer& to, const TraceHeader& trace) const noexcept;

 private:
  EncodeContext context_;
};

}  // namespace llmtrace::exporting
