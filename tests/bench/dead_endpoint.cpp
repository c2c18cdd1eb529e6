#include "dead_endpoint.hpp"

#include "bench_tracer.hpp"
#include "child_process.hpp"
#include "process_facts.hpp"
#include "spans.hpp"
#include "support/faulty_sockets.hpp"

namespace llmtrace::bench {
namespace {

constexpr std::size_t spans = 1'000'000;

// Started spans, summed up from where each one went. `ended` and `started` themselves are left out on
// purpose.
double accounted(const Stats& stats) {
  std::uint64_t sum = stats.open + stats.dropped_before.sum();
  for (const ExporterStats& exporter : stats.exporters) sum += exporter.sum();
  return static_cast<double>(sum);
}

Figures measure(const std::string& url, double peak_without_tracing) {
  const Figures child = parse_figures(run(self_as("suffer", {url})).output);
  const double ended_at = monotonic_seconds();
  Figures figures;
  for (const char* name : {"produced_per_s", "started", "dropped", "accounted"})
    figures.set(name, child.at(name));
  figures.set("rss_mb", child.at("peak_mb") - peak_without_tracing);
  figures.set("exit_s", ended_at - child.at("closing_at"));
  return figures;
}

}  // namespace

Figures measure_dead_endpoints() {
  const testing_support::BlackHole black_hole;
  const double without_tracing = parse_figures(run(self_as("suffer", {"off"})).output).at("peak_mb");
  Figures figures;
  figures.add("refused",
              measure(testing_support::url_of_port(testing_support::refused_port()), without_tracing));
  figures.add("blackhole", measure(black_hole.url(), without_tracing));
  return figures;
}

int suffer(const std::vector<std::string>& arguments) {
  TracerGuard tracing = Tracer::init(tracer_options(arguments.at(0)));
  const double before = monotonic_seconds();
  make_attribute_spans(spans);
  Figures figures;
  figures.set("produced_per_s", static_cast<double>(spans) / (monotonic_seconds() - before));
  figures.set("closing_at", monotonic_seconds());
  tracing.close();
  const Stats stats = Tracer::get().stats();
  figures.set("started", static_cast<double>(stats.started));
  figures.set("dropped", static_cast<double>(lost_spans(stats) + stats.dropped_before.sampled_out));
  figures.set("accounted", accounted(stats));
  figures.set("peak_mb", peak_memory_mb());
  print(figures);
  return 0;
}

}  // namespace llmtrace::bench
