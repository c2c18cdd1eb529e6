#include "collector/routes/parameters.hpp"

#include "collector/query/filter_language.hpp"
#include "core/time_format.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace llmtrace::collector::routes {
namespace {

struct NamedField {
  std::string_view name;
  TextField field;
};

constexpr std::array text_fields = std::to_array<NamedField>({
    {"name", TextField::name},
    {"user", TextField::user},
    {"session", TextField::session},
    {"tag", TextField::tag},
    {"environment", TextField::environment},
    {"release", TextField::release},
    {"model", TextField::model},
    {"provider", TextField::provider},
    {"type", TextField::type},
    {"span_name", TextField::span_name},
    {"error_type", TextField::error_type},
    {"status", TextField::status},
});

template <class Number>
std::optional<Number> parsed(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return value;
}

[[noreturn]] void refuse(std::string_view name, std::string_view problem) {
  throw Refusal{422, std::string{name}.append(": ").append(problem)};
}

// Built where it will lie: of a move g++ 12 warns without reason.
template <class Condition>
void add(std::vector<Filter>& parts, Condition condition) {
  parts.emplace_back().node.template emplace<Condition>(std::move(condition));
}

Filter parsed_filter(const std::string& text, UnixTime now) {
  auto result = parse_filter(text, now);
  if (auto* error = std::get_if<FilterError>(&result))
    throw FilterRefusal{std::move(error->message), error->position, error->length};
  return std::get<Filter>(std::move(result));
}

}  // namespace

std::optional<TextField> text_field(std::string_view name) noexcept {
  for (const NamedField& known : text_fields)
    if (known.name == name) return known.field;
  return std::nullopt;
}

std::optional<std::string> Parameters::text(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [key, value] : call_.query)
    if (key == name && !value.empty()) found = value;
  return found;
}

std::vector<std::string> Parameters::texts(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : call_.query)
    if (key == name && !value.empty()) found.push_back(value);
  return found;
}

std::int64_t Parameters::number(std::string_view name, std::int64_t least, std::int64_t most,
                                std::int64_t otherwise) const {
  const auto given = text(name);
  if (!given) return otherwise;
  const auto value = parsed<std::int64_t>(*given);
  if (!value || *value < least || *value > most)
    refuse(name, "not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return *value;
}

std::optional<double> Parameters::decimal(std::string_view name) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto value = parsed<double>(*given);
  if (!value || !(*value >= 0) || *value > 9e12) refuse(name, "not a number of 0 or more");
  return value;
}

std::optional<UnixTime> Parameters::time(std::string_view name) const {
  constexpr std::int64_t most_milliseconds = 9'000'000'000'000;
  const auto given = text(name);
  if (!given) return std::nullopt;
  if (const auto time = core::parse_rfc3339(*given)) return time;
  const auto milliseconds = parsed<std::int64_t>(*given);
  if (!milliseconds || *milliseconds < 0 || *milliseconds > most_milliseconds)
    refuse(name, "neither an RFC 3339 time nor milliseconds since 1970");
  return *milliseconds * 1'000'000;
}

std::optional<bool> Parameters::flag(std::string_view name) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  if (*given != "true" && *given != "false") refuse(name, "not true or false");
  return *given == "true";
}

TimeRange Parameters::time_range() const { return {time("from"), time("to")}; }

void Parameters::add_texts(std::vector<Filter>& parts) const {
  for (const NamedField& known : text_fields) {
    auto values = texts(known.name);
    if (!values.empty()) add(parts, TextCondition{known.field, std::move(values)});
  }
  if (const auto words = text("text")) add(parts, FullTextCondition{*words});
  if (const auto error = flag("error")) add(parts, ErrorCondition{*error});
}

void Parameters::add_bounds(std::vector<Filter>& parts) const {
  const auto bound = [&](std::string_view name, NumberField field, Comparison comparison, double scale) {
    if (const auto value = decimal(name)) {
      if (*value * scale > 9e18) refuse(name, "too large");
      add(parts, NumberCondition{field, comparison, std::llround(*value * scale)});
    }
  };
  bound("min_latency_ms", NumberField::latency, Comparison::at_least, 1e6);
  bound("max_latency_ms", NumberField::latency, Comparison::at_most, 1e6);
  bound("min_cost", NumberField::cost, Comparison::at_least, nanodollars_per_dollar);
  bound("max_cost", NumberField::cost, Comparison::at_most, nanodollars_per_dollar);
  bound("min_tokens", NumberField::tokens, Comparison::at_least, 1);
  bound("max_tokens", NumberField::tokens, Comparison::at_most, 1);
}

Filter Parameters::filter() const {
  std::vector<Filter> parts;
  add_texts(parts);
  add_bounds(parts);
  if (const auto query = text("q")) parts.push_back(parsed_filter(*query, call_.services.now()));
  if (parts.size() == 1) return std::move(parts.front());
  Filter all;
  all.node = AllOf{std::move(parts)};
  return all;
}

}  // namespace llmtrace::collector::routes
