#include "collector/query/filter_values.hpp"

#include "core/time_format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace llmtrace::collector {
namespace {

constexpr const char* compare = ": < <= = >= > !=";

const std::array<FilterField, 27>& fields() {
  static const std::array<FilterField, 27> table{{
      {{"model", ":", "a model asked for or answering", "model:gpt-4o"}, FieldType::text, TextField::model},
      {{"error", ":", "true, false, or the type of an error", "error:true"}, FieldType::error},
      {{"latency", compare, "from start to end", "latency>2s"},
       FieldType::duration,
       {},
       NumberField::latency},
      {{"cost", compare, "in dollars", "cost>0.01"}, FieldType::money, {}, NumberField::cost},
      {{"tokens", compare, "in and out", "tokens>10k"}, FieldType::count, {}, NumberField::tokens},
      {{"tag", ":", "a tag", "tag:prod"}, FieldType::text, TextField::tag},
      {{"user", ":", "the user's id", "user:u1"}, FieldType::text, TextField::user},
      {{"session", ":", "the session's id", "session:s9"}, FieldType::text, TextField::session},
      {{"name", ":", "the trace's name", "name:chat*"}, FieldType::text, TextField::name},
      {{"span", ":", "a span's name", "span:search"}, FieldType::text, TextField::span_name},
      {{"type", ":", "a span's type", "type:tool"}, FieldType::span_type, TextField::type},
      {{"status", ":", "running, ok, error, incomplete", "status:running"},
       FieldType::status,
       TextField::status},
      {{"provider", ":", "a provider", "provider:openai"}, FieldType::text, TextField::provider},
      {{"since", ":", "started so long ago or later", "since:2h"}, FieldType::since},
      {{"until", ":", "started before", "until:2026-01-31"}, FieldType::until},
      {{"env", ":", "the environment", "env:production"}, FieldType::text, TextField::environment},
      {{"environment", ":", "the environment", "environment:production"},
       FieldType::text,
       TextField::environment},
      {{"release", ":", "the release", "release:1.4.2"}, FieldType::text, TextField::release},
      {{"error_type", ":", "the type of an error", "error_type:timeout"},
       FieldType::text,
       TextField::error_type},
      {{"tokens_input", compare, "", "tokens_input>1k"}, FieldType::count, {}, NumberField::tokens_input},
      {{"tokens_output", compare, "", "tokens_output>1k"}, FieldType::count, {}, NumberField::tokens_output},
      {{"spans", compare, "how many spans", "spans>100"}, FieldType::count, {}, NumberField::spans},
      {{"errors", compare, "how many spans failed", "errors>1"}, FieldType::count, {}, NumberField::errors},
      {{"ttft", compare, "time to first token", "ttft>500ms"},
       FieldType::duration,
       {},
       NumberField::time_to_first_token},
      {{"trace", ":", "the trace's id", "trace:78bc927ded35455daad71e75cde2b88e"},
       FieldType::trace_id,
       TextField::trace_id},
      {{"user_id", ":", "the user's id", "user_id:u1"}, FieldType::text, TextField::user},
      {{"session_id", ":", "the session's id", "session_id:s9"}, FieldType::text, TextField::session},
  }};
  return table;
}

// How many letters differ, added, left out or exchanged.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

struct Unit {
  std::string_view name;
  double size;
};
constexpr std::array<Unit, 8> durations{{{"ns", 1},
                                         {"us", 1e3},
                                         {"µs", 1e3},
                                         {"ms", 1e6},
                                         {"s", 1e9},
                                         {"m", 60e9},
                                         {"h", 3600e9},
                                         {"d", 86400e9}}};
constexpr std::array<Unit, 4> counts{{{"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}}};
constexpr std::array<Unit, 1> dollars{{{"", 1e9}}};

template <std::size_t size>
ReadNumber scaled(std::string_view text, const std::array<Unit, size>& units, const char* hint) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || number < 0) return std::string{hint};
  const std::string_view rest{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& one) { return one.name == rest; });
  if (unit == units.end()) return std::string{hint};
  const double value = number * unit->size;
  if (value > 9e18) return std::string{"is too large"};
  return std::int64_t{std::llround(value)};
}

}  // namespace

const FilterField* find_filter_field(std::string_view name) noexcept {
  const auto& table = fields();
  const auto at =
      std::find_if(table.begin(), table.end(), [&](const auto& field) { return field.help.name == name; });
  return at == table.end() ? nullptr : &*at;
}

std::string_view nearest_filter_field(std::string_view name) {
  if (name.size() > 24) return {};
  std::string_view nearest;
  std::size_t least = 3;
  for (const FilterField& field : fields()) {
    const std::size_t steps = distance(name, field.help.name);
    if (steps >= least || steps >= field.help.name.size()) continue;
    least = steps;
    nearest = field.help.name;
  }
  return nearest;
}

std::span<const FilterFieldHelp> filter_fields() noexcept {
  static const auto help = [] {
    std::array<FilterFieldHelp, std::tuple_size_v<std::decay_t<decltype(fields())>>> all;
    std::transform(fields().begin(), fields().end(), all.begin(),
                   [](const auto& field) { return field.help; });
    return all;
  }();
  return help;
}

ReadNumber read_filter_number(FieldType type, std::string_view text) {
  if (type == FieldType::duration) return scaled(text, durations, "is not a duration; write 2s, 150ms or 5m");
  if (type == FieldType::count) return scaled(text, counts, "is not a number; write 500, 10k or 2M");
  if (text.starts_with('$')) text.remove_prefix(1);
  return scaled(text, dollars, "is not an amount; write 0.01");
}

ReadNumber read_filter_time(std::string_view text, std::int64_t now) {
  const auto ago = scaled(text, durations, "");
  if (const auto* nanoseconds = std::get_if<std::int64_t>(&ago)) return now - *nanoseconds;
  constexpr std::size_t date_size = 10;
  const std::string time = text.size() == date_size ? std::string{text} + "T00:00:00Z" : std::string{text};
  if (const auto parsed = core::parse_rfc3339(time)) return *parsed;
  return std::string{"is not a time; write 2h, 7d, 2026-01-31 or 2026-01-31T12:00:00Z"};
}

}  // namespace llmtrace::collector
