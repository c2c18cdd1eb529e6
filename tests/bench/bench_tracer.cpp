#include "bench_tracer.hpp"

#include <stdexcept>

namespace llmtrace::bench {

Options tracer_options(const std::string& url) {
  Options options;
  options.read_environment = false;
  options.project = "bench";
  options.enabled = url != "off";
  if (url != "off") options.url = url;
  options.log = "off";
  return options;
}

std::uint64_t lost_spans(const Stats& stats) {
  std::uint64_t lost = stats.dropped_before.sum() - stats.dropped_before.sampled_out;
  for (const ExporterStats& exporter : stats.exporters) lost += exporter.dropped.sum();
  return lost;
}

void drain(Tracer& tracer) {
  if (!tracer.flush(std::chrono::seconds{120}))
    throw std::runtime_error("the sink did not acknowledge all spans");
}

}  // namespace llmtrace::bench
