#include "end_to_end.hpp"

#include "bench_tracer.hpp"
#include "child_process.hpp"
#include "instructions.hpp"
#include "process_facts.hpp"
#include "sink.hpp"
#include "spans.hpp"

#include <algorithm>
#include <future>
#include <stdexcept>

namespace llmtrace::bench {
namespace {

constexpr std::size_t streamed_spans = 300'000;
constexpr std::size_t instruction_spans = 4'000;
constexpr unsigned runs = 3;

// Spans are made while those of the chunk before are delivered: at full speed, and never more than two chunks
// ahead.
void stream_spans(Tracer& tracer, std::size_t spans) {
  constexpr std::size_t chunk = 1'000;
  std::future<void> delivered;
  for (std::size_t made = 0; made < spans; made += chunk) {
    {
      const TraceScope trace{"stream"};
      make_attribute_spans(std::min(chunk, spans - made));
    }
    if (delivered.valid()) delivered.get();
    delivered = std::async(std::launch::async, [&tracer] { drain(tracer); });
  }
  delivered.get();
}

Figures run_stream(const std::string& url) {
  return parse_figures(run(self_as("stream", {std::to_string(streamed_spans), url})).output);
}

// Of the whole program; the difference of two lengths leaves out its start and end.
std::optional<double> count_under_valgrind(const std::string& url) {
  const auto count = [&](std::size_t spans) {
    return instructions_under_valgrind(self_as("stream", {std::to_string(spans), url}),
                                       CountedCode::whole_program);
  };
  const auto shorter = count(instruction_spans);
  const auto longer = count(2 * instruction_spans);
  if (!shorter || !longer) return std::nullopt;
  return (*longer - *shorter) / static_cast<double>(instruction_spans);
}

}  // namespace

Figures measure_end_to_end() {
  std::vector<Figures> streams;
  Sink sink;
  for (unsigned i = 0; i < runs; ++i) streams.push_back(run_stream(sink.url()));
  const auto median_of = [&](std::string_view name) {
    std::vector<double> samples;
    samples.reserve(streams.size());
    for (const Figures& one : streams) samples.push_back(one.at(name));
    return median(samples);
  };
  Figures figures;
  figures.set("cpu_us", median_of("cpu_us"));
  figures.set("spans_per_s", median_of("spans_per_s"));
  figures.set("rss_mb", median_of("peak_mb") - run_stream("off").at("peak_mb"));
  const Figures seen = sink.stop();
  figures.set("bytes", seen.at("bytes") / seen.at("spans"));
  const auto counted = streams.front().find("instructions");
  Sink other;
  figures.set("instructions", counted ? counted : count_under_valgrind(other.url()));
  return figures;
}

int stream(const std::vector<std::string>& arguments) {
  const std::size_t spans = std::stoul(arguments.at(0));
  const bool enabled = arguments.at(1) != "off";
  const InstructionCounter instructions{CountedThreads::also_new_ones};
  TracerGuard tracing = Tracer::init(tracer_options(arguments.at(1)));
  const double cpu_before = process_cpu_seconds();
  const double before = monotonic_seconds();
  stream_spans(Tracer::get(), spans);
  const auto per_span = [&](double all) { return all / static_cast<double>(spans); };
  Figures figures;
  figures.set("spans_per_s", 1 / per_span(monotonic_seconds() - before));
  figures.set("cpu_us", per_span(process_cpu_seconds() - cpu_before) * 1e6);
  if (enabled && lost_spans(Tracer::get().stats()) != 0) throw std::runtime_error("streaming lost spans");
  tracing.close();
  figures.set("peak_mb", peak_memory_mb());
  if (const auto counted = instructions.count())
    figures.set("instructions", per_span(static_cast<double>(*counted)));
  print(figures);
  return 0;
}

}  // namespace llmtrace::bench
