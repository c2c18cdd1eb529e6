#include "cli/command.hpp"
#include "cli/source.hpp"
#include "cli/terminal.hpp"
#include "export/console_figures.hpp"

#include <fmt/core.h>

#include <chrono>
#include <cmath>

namespace llmtrace::cli {
namespace {

// Everything that there is, in a few large steps.
constexpr std::int64_t step_seconds = 30 * 86'400;

std::string duration_in(JsonView figures, std::string_view key, const Terminal& terminal) {
  const auto milliseconds = figures[key].number();
  return milliseconds ? exporting::readable_duration(std::llround(*milliseconds * 1e6), terminal.unicode)
                      : "-";
}

Source::Query query_of(std::string_view group) {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  constexpr std::int64_t day = 86'400'000;
  return {{"from", "0"},
          {"to", std::to_string(now + day)},
          {"step_s", std::to_string(step_seconds)},
          {"group", std::string{group}},
          {"top", "20"}};
}

void print_totals(JsonView totals, const Terminal& terminal) {
  fmt::print("{}\n", colored(terminal, Color::bold, "project " + totals["project"].text()));
  fmt::print("traces  {}\nspans   {}\nerrors  {}\ntokens  {} in, {} out\ncost    {}\n",
             grouped(totals["traces"].integer()), grouped(totals["spans"].integer()),
             grouped(totals["errors"].integer()), grouped(totals["tokens_input"].integer()),
             grouped(totals["tokens_output"].integer()),
             exporting::readable_cost(totals["total_cost"].number().value_or(0)));
}

void print_lines(std::string_view title, JsonView series, const Terminal& terminal) {
  const auto lines = series["lines"].elements();
  if (lines.empty()) return;
  const std::string head = fmt::format("{:<32} {:>8} {:>8} {:>9} {:>9} {:>12} {:>12} {:>10}", title, "COUNT",
                                       "ERRORS", "P50", "P95", "TOKENS IN", "TOKENS OUT", "COST");
  fmt::print("\n{}\n", colored(terminal, Color::dim, head));
  for (const JsonView line : lines) {
    const JsonView total = line["total"];
    const std::string name = line["rest"].is_true() ? "(the rest)" : line["group"].text();
    fmt::print("{} {:>8} {:>8} {:>9} {:>9} {:>12} {:>12} {:>10}\n", shown_in(terminal, name, 32),
               grouped(total["count"].integer()), grouped(total["errors"].integer()),
               duration_in(total, "latency_p50_ms", terminal), duration_in(total, "latency_p95_ms", terminal),
               grouped(total["tokens_input"].integer()), grouped(total["tokens_output"].integer()),
               exporting::readable_cost(total["total_cost"].number().value_or(0)));
  }
}

}  // namespace

int run_stats(Arguments arguments) {
  const Options options{arguments, {{"--json", false}, url_option, project_option}, 1};
  const auto source = open_source(options, options.positional(0));
  const std::string totals = source->get("/api/v1/totals");
  const std::string models = source->get("/api/v1/series", query_of("model"));
  const std::string names = source->get("/api/v1/series", query_of("name"));
  if (options.has("--json")) {
    fmt::print("{{\"totals\":{},\"models\":{},\"names\":{}}}\n", totals, JsonView{models}["lines"].json(),
               JsonView{names}["lines"].json());
    return success;
  }
  const Terminal terminal = stdout_terminal();
  print_totals(totals, terminal);
  print_lines("MODEL", models, terminal);
  print_lines("NAME", names, terminal);
  return success;
}

}  // namespace llmtrace::cli
