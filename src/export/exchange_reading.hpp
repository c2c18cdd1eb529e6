// Hands what a record holds of an exchange to the reader: the request, the response in the pieces in which it
// came, or a reply that the program had as JSON.
#pragma once

#include "export/span_facts.hpp"
#include "llm/exchange_reader.hpp"

#include <cstdint>
#include <optional>

namespace llmtrace::exporting {

struct ReadExchange {
  llm::Facts facts;
  std::optional<std::int64_t> first_content_ticks;
};

[[nodiscard]] bool holds_exchange(const SpanFacts& span) noexcept;

// May throw std::bad_alloc.
[[nodiscard]] ReadExchange read_exchange(const SpanFacts& span, const llm::ReaderLimits& limits);

// Whether the response says by itself that nothing of it is missing: its stream by its own end, a document by
// being one.
[[nodiscard]] bool came_whole(const llm::Facts& facts) noexcept;

// The original sizes of bodies whose middle is missing.
struct CutBodies {
  std::uint64_t request = 0;
  std::uint64_t response = 0;
};
[[nodiscard]] CutBodies cut_bodies(const SpanFacts& span) noexcept;

}  // namespace llmtrace::exporting
