#include "export/tail_rules.hpp"

#include "core/wildcard.hpp"
#include "export/repeated_keys.hpp"

#include <array>
#include <charconv>

namespace llmtrace::exporting {
namespace {

using core::FieldView;
using core::Tag;
using core::ValueType;

// A scalar attribute as text; containers have none.
std::string_view text_of(const FieldView& field, std::array<char, 40>& room) noexcept {
  const auto number = [&room](auto value) {
    const auto end = std::to_chars(room.data(), room.data() + room.size(), value);
    return std::string_view{room.data(), static_cast<std::size_t>(end.ptr - room.data())};
  };
  switch (field.type) {
    case ValueType::text:
    case ValueType::json: return field.bytes;
    case ValueType::boolean: return field.boolean() ? "true" : "false";
    case ValueType::int64: return number(field.int64());
    case ValueType::uint64: return number(field.uint64());
    case ValueType::real: return number(field.real());
    default: return {};
  }
}

bool has_attribute(const SpanFacts& span, const TailRule& rule) noexcept {
  if (rule.attribute.empty()) return true;
  FieldView field;
  std::array<char, 40> room;
  for (const Tag tag : {Tag::attribute, Tag::metadata})
    for (FieldRange range{span.record().fields(), tag}; range.next(field);)
      if (field.key == rule.attribute && core::matches_wildcard(rule.value, text_of(field, room)))
        return true;
  return false;
}

bool fits(const SpanFacts& span, const TailRule& rule) noexcept {
  if (rule.kind && static_cast<std::uint8_t>(*rule.kind) != span.head().kind) return false;
  return core::matches_wildcard(rule.name, span.text(Tag::name)) && has_attribute(span, rule);
}

std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}

}  // namespace

void TailEvidence::add(const SpanFacts& span, const TailSettings& settings,
                       const core::ClockMap& clock) noexcept {
  totals_.add(span);
  if (settings.keep_errors && span.failed()) keep_ = true;
  if (settings.dearer_than && totals_.cost_usd > *settings.dearer_than) keep_ = true;
  if (span.record().has(detail::flag_root)) {
    ++roots_;
    note_age(std::chrono::nanoseconds{clock.duration(span.head().start_ticks, span.head().end_ticks)},
             settings);
  }
  const std::size_t known = rule_.value_or(settings.rules.size());
  for (std::size_t i = 0; i < known; ++i) {
    if (!fits(span, settings.rules[i])) continue;
    rule_ = i;
    break;
  }
  if (rule_ == 0u && settings.rules[0].rate >= 1) keep_ = true;
}

void TailEvidence::note_age(std::chrono::nanoseconds age, const TailSettings& settings) noexcept {
  if (settings.slower_than && age > *settings.slower_than) keep_ = true;
}

bool TailEvidence::keeps(const TraceKey& trace, const TailSettings& settings) const noexcept {
  return keep_ || is_within_rate(trace, rule_ ? settings.rules[*rule_].rate : settings.rate);
}

bool is_within_rate(const TraceKey& trace, double rate) noexcept {
  constexpr double all = 18446744073709551616.0;  // 2^64
  if (rate >= 1) return true;
  return static_cast<double>(mixed(trace.high ^ mixed(trace.low))) < rate * all;
}

}  // namespace llmtrace::exporting
