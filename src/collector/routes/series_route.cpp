#include "collector/json/item_json.hpp"
#include "collector/routes/parameters.hpp"
#include "collector/routes/routes.hpp"

#include <algorithm>
#include <array>

namespace llmtrace::collector::routes {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t most_points = 2'000;

struct NamedGroup {
  std::string_view name;
  SeriesGroup group;
};
constexpr std::array groups = std::to_array<NamedGroup>({{"none", SeriesGroup::none},
                                                         {"name", SeriesGroup::name},
                                                         {"user", SeriesGroup::user},
                                                         {"model", SeriesGroup::model}});

const NamedGroup& group_of(const Parameters& parameters) {
  const std::string name = parameters.text("group").value_or("none");
  for (const NamedGroup& known : groups)
    if (known.name == name) return known;
  throw Refusal{422, "group: not one of none, name, user, model"};
}

// About 60 points, of a length that people count in.
std::int64_t fitting_step(std::int64_t range) {
  constexpr std::int64_t minutes[] = {1, 5, 15, 30, 60, 3 * 60, 6 * 60, 12 * 60, 24 * 60, 7 * 24 * 60};
  for (const std::int64_t minute : minutes)
    if (range / (minute * 60 * second) <= 60) return minute * 60 * second;
  return (range / 60 / (60 * second) + 1) * 60 * second;
}

bool is_empty(const Filter& filter) {
  const auto* all = std::get_if<AllOf>(&filter.node);
  return all != nullptr && all->parts.empty();
}

SeriesQuery query_of(const Call& call, const NamedGroup& group) {
  const Parameters parameters{call};
  SeriesQuery query;
  query.project = call.project;
  query.group = group.group;
  query.to = parameters.time("to").value_or(call.services.now());
  query.from = parameters.time("from").value_or(query.to - 3'600 * second);
  if (query.from >= query.to) throw Refusal{422, "from: not before to"};
  const std::int64_t range = query.to - query.from;
  const std::int64_t step = parameters.number("step_s", 60, 31'622'400, 0);
  if (step % 60 != 0) throw Refusal{422, "step_s: not a multiple of 60"};
  query.step = step == 0 ? fitting_step(range) : step * second;
  if (range / query.step > most_points) throw Refusal{422, "step_s: more than 2000 points"};
  query.top_groups = static_cast<std::uint32_t>(parameters.number("top", 1, 50, 10));
  query.filter = parameters.filter();
  if (group.group == SeriesGroup::model && !is_empty(query.filter))
    throw Refusal{422, "group: a series by model cannot be filtered"};
  return query;
}

void milliseconds(core::JsonWriter& writer, core::PlainKey key, const std::optional<std::int64_t>& value) {
  if (!value) return;
  writer.literal_key(key);
  write_milliseconds(writer, *value);
}

void count(core::JsonWriter& writer, core::PlainKey key, std::int64_t value) {
  writer.literal_key(key);
  writer.integer(value);
}

void write_figures(core::JsonWriter& writer, const SeriesPoint& point) {
  count(writer, "count", point.count);
  count(writer, "errors", point.errors);
  milliseconds(writer, "latency_p50_ms", point.latency_p50);
  milliseconds(writer, "latency_p95_ms", point.latency_p95);
  milliseconds(writer, "latency_p99_ms", point.latency_p99);
  milliseconds(writer, "first_token_p50_ms", point.first_token_p50);
  milliseconds(writer, "first_token_p95_ms", point.first_token_p95);
  count(writer, "tokens_input", point.tokens_input);
  count(writer, "tokens_output", point.tokens_output);
  writer.literal_key("total_cost");
  write_dollars(writer, point.cost);
}

void write_line(core::JsonWriter& writer, const SeriesLine& line) {
  writer.begin_object();
  writer.literal_key("group");
  writer.string(line.group);
  writer.literal_key("rest");
  writer.boolean(line.rest);
  writer.literal_key("total");
  writer.begin_object();
  write_figures(writer, line.total);
  writer.end_object();
  writer.literal_key("points");
  writer.begin_array();
  for (const SeriesPoint& point : line.points) {
    writer.begin_object();
    writer.literal_key("time");
    write_time(writer, point.time);
    write_figures(writer, point);
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
}

}  // namespace

http::Response show_series(const Call& call) {
  const NamedGroup& group = group_of(Parameters{call});
  const Series series =
      value_of(call.services.store.series(query_of(call, group), call.services.deadline()), "");
  JsonDocument document;
  document->begin_object();
  document->literal_key("from");
  write_time(document.writer(), series.from);
  document->literal_key("to");
  write_time(document.writer(), series.to);
  count(document.writer(), "step_s", series.step / second);
  document->literal_key("group");
  document->plain_string(group.name);
  document->literal_key("lines");
  document->begin_array();
  for (const SeriesLine& line : series.lines) write_line(document.writer(), line);
  document->end_array();
  document->end_object();
  return json_response(document);
}

}  // namespace llmtrace::collector::routes
