// What `llmtrace run` says when the program has ended: for people, and as JSON for scripts.
#pragma once

#include "cli/run_book_file.hpp"
#include "cli/run_child.hpp"

#include <cstddef>
#include <string>

namespace llmtrace::cli {

struct RunReport {
  RunFacts facts;
  ChildEnd end;
  double seconds = 0;
  std::string untraced_reason;  // empty: the agent was to be loaded
  std::string destination;      // where the spans went, for people
  std::size_t exporters = 0;
};

[[nodiscard]] std::string summary_text(const RunReport& report);
[[nodiscard]] std::string summary_json(const RunReport& report);

}  // namespace llmtrace::cli
