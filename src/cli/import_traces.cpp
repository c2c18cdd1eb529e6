#include "cli/batch_poster.hpp"
#include "cli/command.hpp"
#include "cli/json_lines.hpp"
#include "cli/source.hpp"
#include "cli/terminal.hpp"
#include "collector/ingest/json_walk.hpp"

#include <fmt/core.h>

namespace llmtrace::cli {
namespace {

// What is imported belongs to the project of the key, whatever it belonged to.
std::string without_project(std::string_view item) {
  std::string out = "{";
  collector::ingest::JsonMembers members{item};
  for (std::string_view key, value; members.next(key, value);) {
    if (key == "\"project_id\"") continue;
    out.append(out.size() == 1 ? "" : ",").append(key).append(":").append(value);
  }
  return out += '}';
}

}  // namespace

int run_import(Arguments arguments) {
  const Options options{arguments, {url_option, project_option}, 100};
  if (options.positional().empty()) throw UsageError{"which file? - is stdin"};
  Target target = target_of(options);
  if (target.key.empty()) target.key = "project-default";
  const auto client = client_of(target);
  BatchPoster spans{*client, "spans"};
  BatchPoster traces{*client, "traces"};
  std::size_t skipped = 0;
  for (const std::string& file : options.positional()) {
    const ReadLines read = read_lines(file, [&](LineKind kind, std::string_view item) {
      (kind == LineKind::span ? spans : traces).add(without_project(item));
    });
    skipped += read.skipped;
  }
  spans.post();
  traces.post();
  fmt::print("{} spans and {} traces stored\n", grouped(static_cast<std::int64_t>(spans.accepted())),
             grouped(static_cast<std::int64_t>(traces.accepted())));
  const std::size_t rejected = spans.rejected() + traces.rejected();
  if (skipped != 0) fmt::print(stderr, "llmtrace: {} lines are no spans or traces\n", skipped);
  if (rejected != 0)
    fmt::print(stderr, "llmtrace: {} items were rejected, the first: {}\n", rejected,
               spans.rejected() != 0 ? spans.first_error() : traces.first_error());
  return skipped + rejected == 0 ? success : failure;
}

}  // namespace llmtrace::cli
