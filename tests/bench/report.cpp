#include "report.hpp"

#include "core/json_writer.hpp"
#include "instructions.hpp"
#include "machine.hpp"
#include "targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace llmtrace::bench {
namespace {

constexpr std::string_view only_in_table = "more.";

struct Column {
  std::string_view name;
  std::string_view title;
  int decimals;
};
constexpr Column columns[] = {{"cpu_ns", "CPU ns", 1},
                              {"x_ref", "x ref", 3},
                              {"instructions", "instr", 0},
                              {"allocations", "alloc", 3}};

struct Row {
  std::string_view name;
  std::string_view title;
};
constexpr Row rows[] = {
    {"producer.ref", "ref: 2 clock reads, 2 KiB copied, publish"},
    {"producer.disabled", "disabled"},
    {"producer.sampled_out", "sampled out"},
    {"producer.empty", "empty child span"},
    {"more.root", "empty root span"},
    {"producer.attr8", "8 attributes, 2 x 1 KiB of text"},
    {"producer.attr8_t2", "the same from 2 threads"},
    {"producer.attr8_t8", "the same from 8 threads"},
    {"producer.trace_function", "TRACE_FUNCTION with two arguments"},
    {"producer.traced", "traced()"},
    {"producer.record_response", "record_response() of 4 KiB"},
    {"producer.response_span", "a span with that response"},
};

std::string number(const std::optional<double>& value, int decimals) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : "null";
}

std::string limit_text(const Shown& shown) {
  return fmt::format("{} {:g}", shown.bound == Bound::at_most ? "<=" : ">=", shown.limit);
}

std::string verdict(const Shown& shown, const std::optional<double>& value) {
  if (shown.bound == Bound::none || !value) return "";
  return shown.holds(*value) ? "OK" : "MISS";
}

std::string producer_row(const Figures& figures, const Row& row) {
  std::string line = fmt::format("{:<42}", row.title);
  std::string targets;
  for (const Column& column : columns) {
    const std::string name = fmt::format("{}.{}", row.name, column.name);
    const std::optional<double> value = figures.find(name);
    line += fmt::format("{:>10}", number(value, column.decimals));
    const Shown target = producer_target(name);
    if (target.bound == Bound::none) continue;
    targets += fmt::format("   {} {} {}", column.title, limit_text(target), verdict(target, value));
  }
  return line + targets + '\n';
}

std::string instruction_note() {
  return has_instruction_counter()
             ? "instructions: user space, by the processor's counter"
             : "instructions: user space; of one span by single steps, end to end by valgrind";
}

std::string figure_row(const Figures& figures, const Shown& shown) {
  const std::optional<double> value = figures.find(shown.name);
  const std::string target = shown.bound == Bound::none ? "" : limit_text(shown);
  return fmt::format("{:<42}{:>12} {:<12}{:<12}{}\n", shown.name, number(value, shown.decimals), shown.unit,
                     target, verdict(shown, value));
}

std::string_view take_part(std::string_view& name) {
  const std::size_t dot = name.find('.');
  const std::string_view part = name.substr(0, dot);
  name.remove_prefix(dot == std::string_view::npos ? name.size() : dot + 1);
  return part;
}

using Iterator = Figures::Map::const_iterator;

// The object of all figures that begin with the first `depth` characters of the first one. They are sorted by
// name, so what belongs into one object stands together.
Iterator write_object(core::JsonWriter& to, Iterator first, Iterator last, std::size_t depth) {
  const std::string prefix = first->first.substr(0, depth);
  to.begin_object();
  while (first != last && first->first.compare(0, depth, prefix) == 0) {
    std::string_view rest = std::string_view{first->first}.substr(depth);
    const std::string_view part = take_part(rest);
    to.key(part);
    if (!rest.empty()) {
      first = write_object(to, first, last, depth + part.size() + 1);
      continue;
    }
    first->second ? to.number(*first->second) : to.null();
    ++first;
  }
  to.end_object();
  return first;
}

}  // namespace

namespace {

std::string producer_table(const Figures& figures) {
  std::string table = instruction_note() + "\n\n" + fmt::format("{:<42}", "one span");
  for (const Column& column : columns) table += fmt::format("{:>10}", column.title);
  table += "   target\n";
  for (const Row& row : rows) table += producer_row(figures, row);
  return table;
}

bool was_measured(const Figures& figures, std::string_view name) {
  return std::any_of(figures.begin(), figures.end(),
                     [&](const auto& figure) { return figure.first == name; });
}

}  // namespace

std::string table_of(const Figures& figures) {
  std::string table = machine_line() + '\n';
  if (was_measured(figures, "producer.empty.cpu_ns")) table += producer_table(figures);
  table += fmt::format("\n{:<42}{:>12} {:<12}{}\n", "figure", "value", "", "target");
  for (const Shown& shown : shown_figures()) {
    if (was_measured(figures, shown.name)) table += figure_row(figures, shown);
  }
  return table;
}

std::string json_of(const Figures& figures) {
  Figures kept;
  for (const auto& [name, value] : figures)
    if (name.rfind(only_in_table, 0) != 0) kept.set(name, value);
  core::ByteBuffer buffer;
  core::JsonWriter writer{buffer};
  write_object(writer, kept.begin(), kept.end(), 0);
  return std::string{buffer.view()} + '\n';
}

}  // namespace llmtrace::bench
