#include "producer.hpp"

#include "bench_tracer.hpp"
#include "case_runner.hpp"
#include "instructions.hpp"
#include "sink.hpp"
#include "stepping.hpp"

#include <map>
#include <stdexcept>

namespace llmtrace::bench {
namespace {

constexpr unsigned warm_up_rounds = 5;
constexpr unsigned rounds = 60;
constexpr std::size_t stepped_spans = 100;

// The bursts of one case, over all rounds.
class CaseRecord {
 public:
  explicit CaseRecord(const ProducerCase& what) : runner_{what} {}

  void run_round(bool counts) {
    const BurstCost cost = runner_.run();
    if (!counts) return;
    const auto spans = static_cast<double>(runner_.what().burst);
    cpu_ns_.push_back(cost.cpu_ns / spans);
    allocations_ += cost.allocations / spans;
    if (cost.instructions) instructions_.push_back(*cost.instructions / spans);
  }

  [[nodiscard]] double cpu_ns() const { return median(cpu_ns_); }
  // Of all rounds: a median would hide what happens now and then.
  [[nodiscard]] double allocations() const { return allocations_ / static_cast<double>(cpu_ns_.size()); }
  [[nodiscard]] std::optional<double> instructions() const {
    return instructions_.empty() ? std::nullopt : std::optional{median(instructions_)};
  }

 private:
  CaseRunner runner_;
  std::vector<double> cpu_ns_;
  std::vector<double> instructions_;
  double allocations_ = 0;
};

using Records = std::map<std::string_view, CaseRecord>;

void run_round_of(const ProducerCase& what, Records& records, bool counts) {
  records.at("ref").run_round(counts);
  records.at(what.name).run_round(counts);
  if (what.needs == Needs::no_tracer) return;
  drain(Tracer::get());
  if (lost_spans(Tracer::get().stats()) != 0)
    throw std::runtime_error(std::string{what.name} + " lost spans");
}

void run_rounds(Needs needs, Records& records) {
  for (unsigned round = 0; round < warm_up_rounds + rounds; ++round)
    for (const ProducerCase& what : producer_cases())
      if (what.needs == needs && what.name != "ref") run_round_of(what, records, round >= warm_up_rounds);
}

std::optional<double> count_apart(const ProducerCase& what, const std::string& url) {
  const std::string name{what.name};
  if (const auto counted = count_by_stepping(self_as("case", {name, url, "stepped"})))
    return *counted / static_cast<double>(stepped_spans);
  const auto counted =
      instructions_under_valgrind(self_as("case", {name, url}), CountedCode::counted_section);
  return counted ? std::optional{*counted / static_cast<double>(what.burst)} : std::nullopt;
}

Figures row_of(const CaseRecord& record, const ProducerCase& what, double reference, const std::string& url) {
  Figures row;
  row.set("cpu_ns", record.cpu_ns());
  row.set("x_ref", record.cpu_ns() / reference);
  row.set("allocations", record.allocations());
  row.set("instructions", record.instructions() ? record.instructions() : count_apart(what, url));
  return row;
}

}  // namespace

Figures measure_producers() {
  Sink sink;
  Records records;
  for (const ProducerCase& what : producer_cases()) records.try_emplace(what.name, what);
  run_rounds(Needs::no_tracer, records);
  {
    const TracerGuard tracing = Tracer::init(tracer_options(sink.url()));
    run_rounds(Needs::tracer, records);
  }
  Figures figures;
  for (const ProducerCase& what : producer_cases()) {
    const Figures row = row_of(records.at(what.name), what, records.at("ref").cpu_ns(), sink.url());
    figures.add((what.in_json ? "producer." : "more.") + std::string{what.name}, row);
  }
  return figures;
}

// Everything runs once before it is counted: what a thread or a tracer does for the first time is no span's
// cost.
int run_case_once(const std::vector<std::string>& arguments) {
  const bool is_stepped = arguments.size() > 2;
  ProducerCase what = producer_case(arguments.at(0));
  if (is_stepped) what.burst = stepped_spans * what.threads;  // one thread is watched
  const bool needs_tracer = what.needs == Needs::tracer;
  CaseRunner runner{what};
  const TracerGuard tracing = needs_tracer ? Tracer::init(tracer_options(arguments.at(1))) : TracerGuard{};
  runner.warm_up();
  if (needs_tracer) drain(Tracer::get());
  if (is_stepped) have_next_section_stepped();
  static_cast<void>(runner.run());
  return 0;
}

}  // namespace llmtrace::bench
