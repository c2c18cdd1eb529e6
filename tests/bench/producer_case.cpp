#include "producer_case.hpp"

#include "allocation_counter.hpp"
#include "instructions.hpp"
#include "reference.hpp"
#include "spans.hpp"
#include <llmtrace/llmtrace.hpp>

#include <algorithm>
#include <ctime>
#include <stdexcept>

namespace llmtrace::bench {
namespace {

double thread_cpu_ns() {
  timespec at{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) * 1e9 + static_cast<double>(at.tv_nsec);
}

BurstCost measure(const ProducerCase& what, std::size_t spans) {
  const InstructionCounter instructions{CountedThreads::this_one};
  const AllocationCounter allocations;
  const auto instructions_before = instructions.count();
  const double before = thread_cpu_ns();
  run_counted_section(what.loop, spans);
  BurstCost cost;
  cost.cpu_ns = thread_cpu_ns() - before;
  cost.allocations = static_cast<double>(allocations.count());
  if (const auto after = instructions.count(); after && instructions_before)
    cost.instructions = static_cast<double>(*after - *instructions_before);
  return cost;
}

template <class Body>
void in_scene(Scene scene, Body body) {
  if (scene == Scene::no_trace) return body();
  if (scene == Scene::kept_trace) {
    const TraceScope trace{"bench"};
    return body();
  }
  const SpanContext unsampled{TraceId{1, 2}, SpanId{3}, false};
  const TraceScope trace{unsampled, "bench"};
  body();
}

}  // namespace

const std::vector<ProducerCase>& producer_cases() {
  using enum Scene;
  static const std::vector<ProducerCase> all{
      {"disabled", make_empty_spans, no_trace, Needs::no_tracer, 200'000},
      {"sampled_out", make_empty_spans, sampled_out_trace, Needs::tracer, 20'000},
      {"empty", make_empty_spans, kept_trace, Needs::tracer, 2'000},
      {"root", make_empty_spans, no_trace, Needs::tracer, 2'000, 1, false},
      {"attr8", make_attribute_spans, kept_trace, Needs::tracer, 1'000},
      {"attr8_t2", make_attribute_spans, kept_trace, Needs::tracer, 1'000, 2},
      {"attr8_t8", make_attribute_spans, kept_trace, Needs::tracer, 2'000, 8},
      {"trace_function", call_traced_member, kept_trace, Needs::tracer, 2'000},
      {"record_response", record_responses, kept_trace, Needs::tracer, 500},
      {"response_span", make_spans_with_response, kept_trace, Needs::tracer, 500},
      {"traced", call_traced_function, kept_trace, Needs::tracer, 2'000},
      {"ref", run_reference, no_trace, Needs::no_tracer, 2'000},
  };
  return all;
}

const ProducerCase& producer_case(std::string_view name) {
  const auto& all = producer_cases();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const ProducerCase& one) { return one.name == name; });
  if (found == all.end()) throw std::invalid_argument("no such case");
  return *found;
}

void warm_up(const ProducerCase& what, std::size_t spans) {
  in_scene(what.scene, [&] { what.loop(spans); });
}

BurstCost run_burst(const ProducerCase& what, std::size_t spans) {
  BurstCost cost;
  in_scene(what.scene, [&] { cost = measure(what, spans); });
  return cost;
}

}  // namespace llmtrace::bench
