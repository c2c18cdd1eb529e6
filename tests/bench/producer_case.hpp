// One row of the first table: what a thread runs, and the trace around it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace llmtrace::bench {

enum class Scene { no_trace, kept_trace, sampled_out_trace };
enum class Needs { no_tracer, tracer };

struct ProducerCase {
  std::string_view name;
  void (*loop)(std::size_t);
  Scene scene;
  Needs needs;
  std::size_t burst;  // spans of all threads; what a burst leaves in the journal is far below its limit
  unsigned threads = 1;
  bool in_json = true;
};

[[nodiscard]] const std::vector<ProducerCase>& producer_cases();
[[nodiscard]] const ProducerCase& producer_case(std::string_view name);  // throws

struct BurstCost {
  double cpu_ns = 0;
  double allocations = 0;
  std::optional<double> instructions;
};

// Runs the case on this thread, unmeasured.
void warm_up(const ProducerCase& what, std::size_t spans);

// Runs the case on this thread. Only what lies inside its scene is measured.
[[nodiscard]] BurstCost run_burst(const ProducerCase& what, std::size_t spans);

}  // namespace llmtrace::bench
