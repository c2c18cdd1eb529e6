#include "collector_bench.hpp"

#include "collector_load.hpp"
#include "collector_server.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace llmtrace::bench {
namespace {

constexpr std::uint64_t large_trace = 900'000'000;
constexpr std::size_t large_trace_spans = 10'000;

std::size_t spans_to_store() {
  const char* given = std::getenv("LLMTRACE_BENCH_SPANS");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 1'000'000;
}

double percentile(std::vector<double> samples, double share) {
  std::sort(samples.begin(), samples.end());
  return samples.at(static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1)));
}

Figures measure_ingest(const CollectorServer& server, unsigned connections, std::size_t spans,
                       std::uint64_t first) {
  const double cpu_before = server.facts().at("cpu_s");
  const Load load = send_batches(server.port(), connections, spans / spans_of_a_batch, first);
  const auto sent = static_cast<double>(load.batch_ms.size() * spans_of_a_batch);
  Figures figures;
  figures.set("spans_per_s", sent / load.seconds);
  figures.set("cpu_us", (server.facts().at("cpu_s") - cpu_before) * 1e6 / sent);
  figures.set("p99_ms", percentile(load.batch_ms, 0.99));
  return figures;
}

Figures measure_queries(std::uint16_t port) {
  const std::string project = "project=bench";
  Figures figures;
  const auto ask = [&](const char* name, const std::string& target) {
    figures.set(name, median_fetch_ms(port, target));
  };
  ask("list_ms", "/api/v1/traces?" + project);
  ask("filter_ms", "/api/v1/traces?" + project + "&q=model%3Agpt-4o%20error%3Atrue%20latency%3E400ms");
  ask("rare_filter_ms", "/api/v1/traces?" + project + "&q=model%3Anosuchmodel");
  ask("trace_ms", "/api/v1/traces/" + trace_id_of(5) + "?" + project);
  ask("large_trace_ms", "/api/v1/traces/" + trace_id_of(large_trace) + "?" + project);
  ask("search_ms", "/api/v1/traces?" + project + "&text=warehouse%20refund");
  ask("dashboard_ms",
      "/api/v1/series?" + project + "&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&step_s=1800");
  ask("dashboard_by_model_ms",
      "/api/v1/series?" + project +
          "&group=model&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&step_s=1800");
  ask("facets_ms", "/api/v1/facets?" + project + "&field=model");
  return figures;
}

// Search by index is what is promised; until it has caught up the tail is scanned.
void wait_for_text_index(std::uint16_t port) {
  while (fetch(port, "/api/v1/status").find("\"text_index_backlog\":0,") == std::string::npos) continue;
}

}  // namespace

Figures measure_collector() {
  const testing_support::TemporaryDirectory directory;
  const std::string file = directory.file("bench/traces.db");
  const std::size_t all = spans_to_store();
  const std::size_t measured = std::min<std::size_t>(all / 4, 200'000);
  Figures figures;
  {
    CollectorServer server{file};
    figures.add("one", measure_ingest(server, 1, measured, 1));
    figures.add("four", measure_ingest(server, 4, measured, 100'000'000));
    std::fprintf(stderr, "storing %zu spans\n", all);
    static_cast<void>(send_batches(server.port(), 2, (all - 2 * measured) / spans_of_a_batch, 200'000'000));
    send_large_trace(server.port(), large_trace, large_trace_spans);
    wait_for_text_index(server.port());
    figures.add("query", measure_queries(server.port()));
    figures.set("peak_mb", server.facts().at("peak_mb"));
    server.stop();
  }
  CollectorServer again{file};
  figures.set("start_ms", again.start_ms());
  again.stop();
  return figures;
}

}  // namespace llmtrace::bench
