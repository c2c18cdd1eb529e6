#include "cli/run_summary.hpp"

#include "cli/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace llmtrace::cli {
namespace {

constexpr std::size_t model_columns = 28;

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string shown_time(double seconds) {
  return seconds < 1 ? fmt::format("{:.0f} ms", seconds * 1e3) : fmt::format("{:.2f} s", seconds);
}

std::string shown_cost(const ModelSums& sums) {
  if (sums.calls == sums.without_price) return "-";
  const std::string at_least = sums.without_price != 0 ? ">" : "";
  return at_least + (sums.cost_usd < 0.01 ? fmt::format("${:.6f}", sums.cost_usd)
                                          : fmt::format("${:.2f}", sums.cost_usd));
}

// Models and messages are whatever the program made of them.
std::string harmless(std::string_view text, std::size_t columns) {
  return shown({false, true}, text, columns);
}

std::string line_of(const std::string& model, const ModelSums& sums) {
  return fmt::format(
      "  {} {:>6} {:>7} {:>11} {:>11} {:>11} {:>9}\n", shown_in({false, true}, model, model_columns),
      sums.calls, sums.errors, grouped(static_cast<std::int64_t>(sums.tokens_input)),
      grouped(static_cast<std::int64_t>(sums.tokens_output)), shown_cost(sums), shown_time(sums.seconds));
}

std::string table_of(const RunFacts& facts) {
  std::string text = fmt::format("  {:<{}} {:>6} {:>7} {:>11} {:>11} {:>11} {:>9}\n", "model", model_columns,
                                 "calls", "errors", "tokens in", "tokens out", "cost", "time");
  for (const ModelSums& one : facts.models)
    text += line_of(one.model.empty() ? "(no model)" : one.model, one);
  if (facts.models.size() > 1) text += line_of("total", facts.total());
  return text;
}

std::string headline(const RunReport& report) {
  const RunFacts& facts = report.facts;
  if (facts.agents == 0)
    return "llmtrace: the agent did not start in this program; see docs/auto-instrumentation.md\n";
  const ModelSums total = facts.total();
  std::string text =
      fmt::format("llmtrace: {} in {}", counted(total.calls, "LLM call"), shown_time(report.seconds));
  if (total.errors != 0) text += fmt::format(", {} failed", total.errors);
  if (total.cancelled != 0) text += fmt::format(", {} cancelled", total.cancelled);
  return text + "\n";
}

std::string losses(const RunReport& report) {
  const RunFacts& facts = report.facts;
  const std::uint64_t lost = facts.lost(report.exporters);
  if (facts.spans_started == 0) return {};
  if (lost == 0)
    return report.exporters == 0 ? "" : fmt::format("llmtrace: sent to {}\n", report.destination);
  const std::uint64_t open = facts.spans_started - std::min(facts.spans_ended, facts.spans_started);
  std::string text = fmt::format("llmtrace: {} of {} did not reach {}", lost,
                                 counted(facts.spans_started, "span"), report.destination);
  if (open != 0) text += fmt::format("; {} had not ended", open);
  return text + "\n";
}

std::string messages_of(const RunFacts& facts) {
  std::string text;
  for (const std::string& message : facts.messages) text += "llmtrace: " + harmless(message, 400) + "\n";
  return text;
}

}  // namespace

std::string summary_text(const RunReport& report) {
  if (!report.untraced_reason.empty()) return {};  // was said before the program began
  std::string text = headline(report);
  if (!report.facts.models.empty()) text += table_of(report.facts);
  return text + losses(report) + messages_of(report.facts);
}

}  // namespace llmtrace::cli
