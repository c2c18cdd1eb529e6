#include "cli/command.hpp"
#include "cli/source.hpp"
#include "cli/terminal.hpp"
#include "export/console_figures.hpp"

#include <fmt/core.h>

#include <cmath>

namespace llmtrace::cli {
namespace {

std::string figures_of(JsonView trace, const Terminal& terminal) {
  const auto milliseconds = trace["duration_ms"].number();
  const std::string latency =
      milliseconds ? exporting::readable_duration(std::llround(*milliseconds * 1e6), terminal.unicode) : "-";
  const std::int64_t input = trace["tokens_input"].integer(-1);
  const std::int64_t output = trace["tokens_output"].integer(-1);
  const std::string tokens =
      input < 0 && output < 0 ? "-" : exporting::readable_tokens(input, output, terminal.unicode);
  const auto cost = trace["total_cost"].number();
  return shown_in(terminal, latency, 9) + " " + shown_in(terminal, tokens, 15) + " " +
         shown_in(terminal, cost ? exporting::readable_cost(*cost) : "-", 9);
}

std::string status_of(JsonView trace, const Terminal& terminal) {
  const std::string status = trace["status"].text();
  const Color color = status == "error" ? Color::red : status == "ok" ? Color::green : Color::yellow;
  return colored(terminal, color, shown_in(terminal, status, 10));
}

void print_row(JsonView trace, const Terminal& terminal) {
  fmt::print("{} {} {} {} {} {}\n", trace["trace_id"].text(),
             shown_in(terminal, age_of(trace["start_time"].text()), 5), status_of(trace, terminal),
             shown_in(terminal, trace["name"].text(), 28), figures_of(trace, terminal),
             shown(terminal, trace["user_id"].text(), 20));
}

void print_table(JsonView answer, const Terminal& terminal) {
  const auto traces = answer["traces"].elements();
  if (traces.empty()) return fmt::print("no traces\n");
  const std::string head = fmt::format("{:<32} {:<5} {:<10} {:<28} {:<9} {:<15} {:<9} {}", "TRACE", "AGE",
                                       "STATUS", "NAME", "LATENCY", "TOKENS", "COST", "USER");
  fmt::print("{}\n", colored(terminal, Color::dim, head));
  for (const JsonView trace : traces) print_row(trace, terminal);
  if (answer["has_more"].is_true())
    fmt::print("{}\n", colored(terminal, Color::dim, "more: --limit, --filter"));
}

}  // namespace

int run_ls(Arguments arguments) {
  const Options options{
      arguments, {{"--filter"}, {"--limit"}, {"--json", false}, url_option, project_option}, 1};
  const auto limit = options.number("--limit", 1, 1'000, 20);
  const auto source = open_source(options, options.positional(0));
  Source::Query query{{"limit", std::to_string(limit)}};
  if (const auto filter = options.value("--filter")) query.emplace_back("q", *filter);
  const std::string answer = source->get("/api/v1/traces", query);
  if (options.has("--json")) {
    fmt::print("{}\n", JsonView{answer}["traces"].json());
  } else {
    print_table(answer, stdout_terminal());
  }
  return success;
}

}  // namespace llmtrace::cli
