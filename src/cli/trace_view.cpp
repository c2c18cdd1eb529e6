#include "cli/trace_view.hpp"

#include "collector/store/model.hpp"
#include "core/time_format.hpp"
#include "export/console_tree.hpp"

#include <cmath>

namespace llmtrace::cli {
namespace {

using exporting::ConsoleNode;

std::uint64_t span_number(JsonView id) {
  const auto span = collector::span_id_from(id.text());
  return span ? span->value : 0;
}

std::int64_t nanoseconds(JsonView milliseconds) {
  return std::llround(milliseconds.number().value_or(0) * 1e6);
}

std::string error_of(JsonView span) {
  std::string text = span["error_type"].text();
  const std::string message = span["error"].text();
  if (!text.empty() && !message.empty()) text += ": ";
  return text + message;
}

ConsoleNode node_of(JsonView span, std::uint64_t root) {
  ConsoleNode node;
  node.span_id = span_number(span["span_id"]);
  node.parent_id = span_number(span["parent_span_id"]);
  node.start_ticks = core::parse_rfc3339(span["start_time"].text()).value_or(0);
  node.nanoseconds = nanoseconds(span["duration_ms"]);
  node.tokens_input = span["tokens_input"].integer(-1);
  node.tokens_output = span["tokens_output"].integer(-1);
  node.cost_usd = span["cost_usd"].number().value_or(-1);
  const auto type = collector::span_type_from(span["span_type"].text());
  node.kind = static_cast<std::uint8_t>(type.value_or(collector::SpanType::other));
  node.is_root = node.span_id == root;
  node.failed = span["status"].text() == "error";
  node.name = span["name"].text();
  node.model = span["model"].text();
  if (node.failed) node.error = error_of(span);
  if (!span["end_time"].exists()) node.name += " (running)";
  return node;
}

// The header says which span is the root; without one it is the only span without a parent.
std::uint64_t root_of(JsonView answer, const std::vector<JsonView>& spans) {
  if (const auto named = span_number(answer["trace"]["root_span_id"]); named != 0) return named;
  std::uint64_t root = 0;
  for (const JsonView span : spans) {
    if (span["parent_span_id"].exists()) continue;
    if (root != 0) return 0;
    root = span_number(span["span_id"]);
  }
  return root;
}

void append_value(std::string& out, std::string_view label, JsonView value, const Terminal& terminal) {
  if (!value.exists()) return;
  out.append("  ").append(colored(terminal, Color::dim, label)).append("\n");
  out.append(shown_lines(terminal, value.is_text() ? value.text() : pretty_json(value.json()), "    "));
}

// A conversation reads better by its roles than as JSON.
void append_input(std::string& out, JsonView input, const Terminal& terminal) {
  const auto messages = input["messages"].elements();
  bool plain = !messages.empty();
  for (const JsonView message : messages) plain = plain && message["content"].is_text();
  if (!plain) return append_value(out, "input", input, terminal);
  for (const JsonView message : messages)
    append_value(out, shown(terminal, message["role"].text(), 40), message["content"], terminal);
}

}  // namespace

std::string trace_tree(JsonView answer, const Terminal& terminal) {
  const auto spans = answer["spans"].elements();
  const std::uint64_t root = root_of(answer, spans);
  exporting::ConsoleTrace trace;
  trace.name = answer["trace"]["name"].text();
  const std::string status = answer["trace"]["status"].text();
  const bool running = status == "running" || status == "incomplete";
  if (running) trace.ending = exporting::ConsoleEnding::incomplete;
  for (const JsonView span : spans) trace.nodes.push_back(node_of(span, root));
  if (trace.name.empty()) trace.name = "trace";
  return exporting::draw_trace(trace, {terminal.color, terminal.unicode});
}

std::string trace_io(JsonView answer, const Terminal& terminal) {
  std::string out;
  for (const JsonView span : answer["spans"].elements()) {
    std::string part;
    append_input(part, span["input_data"], terminal);
    append_value(part, "reasoning", span["reasoning"], terminal);
    append_value(part, "tool calls", span["tool_calls"], terminal);
    append_value(part, "output", span["output_data"].exists() ? span["output_data"] : span["output_text"],
                 terminal);
    append_value(part, "error", span["error"], terminal);
    if (part.empty()) continue;
    const std::string title = shown(terminal, span["name"].text(), 100);
    const std::string model = shown(terminal, span["model"].text(), 60);
    out.append(colored(terminal, Color::bold, title));
    if (!model.empty()) out.append("  ").append(colored(terminal, Color::cyan, model));
    out.append("\n").append(part).append("\n");
  }
  return out;
}

}  // namespace llmtrace::cli
