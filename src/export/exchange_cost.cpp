#include "export/exchange_cost.hpp"

#include "export/repeated_keys.hpp"
#include "export/wire_names.hpp"

namespace llmtrace::exporting {
namespace {

using core::FieldView;
using core::Tag;

llm::Count count_of(const SpanFacts& span, std::string_view name) noexcept {
  for (std::size_t i = 0; i < usage_keys.size(); ++i) {
    if (usage_keys[i].text() != name) continue;
    const auto count = span.count(usage_tag(i));
    return count ? llm::Count{static_cast<std::uint64_t>(*count)} : std::nullopt;
  }
  if (span.repeated(Tag::usage_part) == 0) return std::nullopt;
  FieldView part;
  for (FieldRange range{span.record().fields(), Tag::usage_part}; range.next(part);)
    if (part.key == name && part.int64() >= 0) return static_cast<std::uint64_t>(part.int64());
  return std::nullopt;
}

llm::Usage usage_of(const SpanFacts& span) noexcept {
  llm::Usage usage;
  for (const llm::UsageField& field : llm::usage_fields) usage.*field.count = count_of(span, field.name);
  return usage;
}

}  // namespace

bool wants_cost(const SpanFacts& span) noexcept {
  if (span.has(Tag::cost) || (!span.has(Tag::usage_input) && !span.has(Tag::usage_output))) return false;
  return span.has(Tag::model) || span.has(Tag::response_model);
}

std::optional<llm::Cost> find_cost(const SpanFacts& span, const llm::Facts* read, Pricing& pricing,
                                   const core::ClockMap& clock) {
  if (span.has(Tag::cost)) return std::nullopt;
  if (read != nullptr && read->reported_cost) {
    llm::Cost reported;
    reported.total = *read->reported_cost;
    reported.source = llm::CostSource::provider;
    return reported;
  }
  if (!wants_cost(span)) return std::nullopt;
  // Somebody's own server that speaks a provider's language has prices of its own.
  const bool elsewhere = read != nullptr && read->provider_source == llm::ProviderSource::shape_elsewhere &&
                         span.text(Tag::provider) == read->provider;
  if (elsewhere) return std::nullopt;
  const llm::Usage usage = usage_of(span);
  llm::PricedUsage used;
  used.provider = span.text(Tag::provider);
  const std::string routed = read != nullptr ? read->priced_provider() : std::string{};
  if (read != nullptr && used.provider == read->provider) used.provider = routed;
  used.model = span.text(span.has(Tag::response_model) ? Tag::response_model : Tag::model);
  used.other_model = span.text(Tag::model);
  if (read != nullptr) used.service_tier = read->service_tier;
  used.usage = &usage;
  constexpr std::int64_t second = 1'000'000'000;
  return pricing.cost_of(used, clock.unix_nanoseconds(span.head().start_ticks) / second);
}

void write_cost(const llm::Cost& cost, core::RecordWriter& to) {
  to.real(Tag::cost, {}, cost.total.dollars());
  to.text(Tag::cost_source, {}, cost.source_text());
  for (const llm::CostPart& part : cost.parts) to.real(Tag::cost_detail, part.name, part.amount.dollars());
  if (!cost.note.empty()) to.text(Tag::attribute, "llmtrace.cost_note", cost.note);
}

std::optional<double> tokens_per_second(const SpanFacts& span, const core::ClockMap& clock) {
  const auto output = span.count(Tag::usage_output);
  const FieldView first = span.field(Tag::time_to_first_token);
  if (!output || first.type != core::ValueType::int64 || span.count(Tag::chunk_count).value_or(0) < 2)
    return std::nullopt;
  const auto& head = span.head();
  const std::int64_t time = clock.duration(head.start_ticks + first.int64(), head.end_ticks);
  if (time <= 0) return std::nullopt;
  return static_cast<double>(*output) * 1e9 / static_cast<double>(time);
}

}  // namespace llmtrace::exporting
