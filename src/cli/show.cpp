#include "cli/command.hpp"
#include "cli/source.hpp"
#include "cli/trace_view.hpp"
#include "collector/store/model.hpp"

#include <fmt/core.h>

namespace llmtrace::cli {
namespace {

void print_fact(std::string_view name, const std::string& value, const Terminal& terminal) {
  if (!value.empty())
    fmt::print("{} {}\n", colored(terminal, Color::dim, fmt::format("{:<9}", name)),
               shown(terminal, value, 120));
}

std::string joined_tags(JsonView tags) {
  std::string text;
  for (const JsonView tag : tags.elements()) text.append(text.empty() ? "" : ", ").append(tag.text());
  return text;
}

void print_facts(JsonView trace, const Terminal& terminal) {
  print_fact("trace", trace["trace_id"].text(), terminal);
  print_fact("started", trace["start_time"].text(), terminal);
  print_fact("status", trace["status"].text(), terminal);
  print_fact("error", trace["error"].text(), terminal);
  print_fact("user", trace["user_id"].text(), terminal);
  print_fact("session", trace["session_id"].text(), terminal);
  print_fact("tags", joined_tags(trace["tags"]), terminal);
  print_fact("release", trace["release"].text(), terminal);
}

}  // namespace

int run_show(Arguments arguments) {
  const Options options{arguments, {{"--io", false}, {"--json", false}, url_option, project_option}, 2};
  const auto id = options.positional(0);
  if (!id) throw UsageError{"which trace? `llmtrace ls` lists them"};
  if (!collector::trace_id_from(*id)) throw UsageError{"a trace's id has 32 hexadecimal digits"};
  const bool with_io = options.has("--io");
  const auto source = open_source(options, options.positional(1));
  Source::Query query;
  if (with_io) query.emplace_back("detail", "full");
  const auto answer = source->find("/api/v1/traces/" + *id, query);
  if (!answer) throw Failure{"there is no trace " + *id + " in project " + source->project()};
  if (options.has("--json")) {
    fmt::print("{}\n", *answer);
    return success;
  }
  const Terminal terminal = stdout_terminal();
  print_facts(JsonView{*answer}["trace"], terminal);
  fmt::print("\n{}", trace_tree(*answer, terminal));
  if (with_io) fmt::print("{}", trace_io(*answer, terminal));
  return success;
}

}  // namespace llmtrace::cli
