#include "fault/host/scenarios.hpp"

#include <cstdio>
#include <exception>
#include <map>

namespace llmtrace::fault_host {

using Scenario = int (*)(const Arguments&);
using Scenarios = std::map<std::string, Scenario>;

void add_diagnostics_scenarios(Scenarios& scenarios);
void add_exit_scenarios(Scenarios& scenarios);
void add_fork_scenarios(Scenarios& scenarios);
void add_preload_scenarios(Scenarios& scenarios);
void add_resource_scenarios(Scenarios& scenarios);
void add_unwinding_scenarios(Scenarios& scenarios);

namespace {

int play(int count, char** words) {
  Scenarios scenarios;
  add_diagnostics_scenarios(scenarios);
  add_exit_scenarios(scenarios);
  add_fork_scenarios(scenarios);
  add_preload_scenarios(scenarios);
  add_resource_scenarios(scenarios);
  add_unwinding_scenarios(scenarios);
  const auto found = count > 1 ? scenarios.find(words[1]) : scenarios.end();
  if (found == scenarios.end()) {
    std::fprintf(stderr, "no such scenario\n");
    return 2;
  }
  return found->second({{words + 2, words + count}});
}

}  // namespace
}  // namespace llmtrace::fault_host

int main(int count, char** words) {
  try {
    return llmtrace::fault_host::play(count, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "scenario: %s\n", error.what());
    return 3;
  }
}
