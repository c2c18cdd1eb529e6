// What a span's tokens cost, by what its record says of model, provider and counts; and how fast they came.
#pragma once

#include "core/clock_map.hpp"
#include "core/record_writer.hpp"
#include "export/pricing.hpp"
#include "export/span_facts.hpp"
#include "llm/facts.hpp"

#include <optional>

namespace llmtrace::exporting {

// Whether a price is missing and can be looked for.
[[nodiscard]] bool wants_cost(const SpanFacts& span) noexcept;

// `read`: what the exchange said, where there was one. May throw std::bad_alloc.
[[nodiscard]] std::optional<llm::Cost> find_cost(const SpanFacts& span, const llm::Facts* read,
                                                 Pricing& pricing, const core::ClockMap& clock);
void write_cost(const llm::Cost& cost, core::RecordWriter& to);

// Of the time from the first token to the end; nothing when there was no such time.
[[nodiscard]] std::optional<double> tokens_per_second(const SpanFacts& span, const core::ClockMap& clock);

}  // namespace llmtrace::exporting
