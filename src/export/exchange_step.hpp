// Between the journal and everything that looks at spans: turns what the host recorded of an exchange with a
// model (bodies, pieces of streams, replies as JSON) into the fields of its span, and knows what the tokens
// cost. What the program set itself wins. The lane's thread only.
#pragma once

#include "core/clock_map.hpp"
#include "core/record_writer.hpp"
#include "export/pricing.hpp"
#include "export/span_facts.hpp"
#include "llm/facts.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace llmtrace::exporting {

struct ExchangeLimits {
  std::size_t input = 1u << 20;  // of what is shown of the request, and of the response
  std::size_t output = 1u << 20;
};

class ExchangeStep {
 public:
  // The clock outlives the step.
  ExchangeStep(const core::ClockMap* clock, std::shared_ptr<Pricing> pricing,
               const ExchangeLimits& limits) noexcept
      : clock_{clock}, pricing_{std::move(pricing)}, limits_{limits} {}

  // Whether there is something to read; all other records pass as they are.
  [[nodiscard]] static bool applies(const SpanFacts& span) noexcept;

  // The span's record with what was read in it. It lives until the next call. Nothing when memory was
  // refused. A span that comes again, because a batch was full, is not read again.
  [[nodiscard]] std::optional<core::RecordView> read(const SpanFacts& span) noexcept;

 private:
  [[nodiscard]] bool is_last(const core::RecordHead& head) const noexcept;
  void write(const SpanFacts& span);
  void write_figures(const llm::Facts* read);

  const core::ClockMap* clock_;
  std::shared_ptr<Pricing> pricing_;
  ExchangeLimits limits_;
  core::RecordWriter writer_;
  core::RecordHead last_{};
};

}  // namespace llmtrace::exporting
