// Ids of the older protocol, which the server gives. That protocol calls them texts; its clients may also
// write ours with the dashes of a UUID.
#pragma once

#include "collector/store/model.hpp"

#include <optional>
#include <string_view>

namespace llmtrace::collector::routes {

[[nodiscard]] TraceId new_trace_id();
[[nodiscard]] SpanId new_span_id();

[[nodiscard]] std::optional<TraceId> event_trace_id(std::string_view text) noexcept;
// An id that is none of ours is still somebody's: it becomes one that no span has.
[[nodiscard]] SpanId foreign_span_id(std::string_view text) noexcept;

}  // namespace llmtrace::collector::routes
