#include "collector/store/model.hpp"

#include "core/hex.hpp"

#include <algorithm>
#include <cmath>

namespace llmtrace::collector {
namespace {

constexpr std::array<std::string_view, 4> statuses{"running", "incomplete", "ok", "error"};
constexpr std::array<std::string_view, 8> span_types{"llm",       "tool",      "agent", "function",
                                                     "retrieval", "embedding", "chain", "other"};

template <class Enum, std::size_t size>
std::optional<Enum> find(const std::array<std::string_view, size>& names, std::string_view name) noexcept {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Enum>(at - names.begin());
}

void append_hex(std::uint64_t value, std::string& to) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) to += digits[(value >> shift) & 15];
}

std::optional<std::uint64_t> word_from(std::string_view hex) noexcept {
  std::array<std::uint8_t, 8> bytes{};
  if (hex.size() != 2 * bytes.size() || !core::decode_hex(hex, bytes.data(), core::HexCase::any)) return {};
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

}  // namespace

std::string_view to_string(Status status) noexcept { return statuses[static_cast<std::size_t>(status) & 3]; }
std::string_view to_string(SpanType type) noexcept { return span_types[static_cast<std::size_t>(type) & 7]; }
std::optional<Status> status_from(std::string_view name) noexcept { return find<Status>(statuses, name); }
std::optional<SpanType> span_type_from(std::string_view name) noexcept {
  return find<SpanType>(span_types, name);
}

std::string to_hex(TraceId id) {
  std::string text;
  append_hex(id.high, text);
  append_hex(id.low, text);
  return text;
}

std::string to_hex(SpanId id) {
  std::string text;
  append_hex(id.value, text);
  return text;
}

std::optional<TraceId> trace_id_from(std::string_view hex) noexcept {
  if (hex.size() != 32) return std::nullopt;
  const auto high = word_from(hex.substr(0, 16));
  const auto low = word_from(hex.substr(16));
  if (!high || !low || (*high | *low) == 0) return std::nullopt;
  return TraceId{*high, *low};
}

std::optional<SpanId> span_id_from(std::string_view hex) noexcept {
  const auto value = word_from(hex);
  if (!value || *value == 0) return std::nullopt;
  return SpanId{*value};
}

std::optional<std::int64_t> nanodollars_from(double dollars) noexcept {
  constexpr double most = 9e18;
  const double value = dollars * nanodollars_per_dollar;
  if (!(value >= 0) || value > most) return std::nullopt;
  return std::llround(value);
}

}  // namespace llmtrace::collector
