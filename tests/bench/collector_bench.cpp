#include "collector_bench.hpp"

#include "collector_load.hpp"
#include "collector_server.hpp"
#include "process_facts.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

namespace llmtrace::bench {
namespace {

constexpr std::uint64_t first_stored = 200'000'000;
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

// What the pages of the viewer ask for, over four weeks.
Figures measure_queries(std::uint16_t port, bool indexed) {
  const std::string traces = "/api/v1/traces?project=bench";
  const std::string series = "/api/v1/series?project=bench&from=2026-01-01T00:00:00Z&to=2026-01-29T00:00:00Z";
  Figures figures;
  const auto ask = [&](const char* name, const std::string& target) {
    figures.set(name, median_fetch_ms(port, target));
  };
  ask("list_ms", traces);
  ask("filter_ms", traces + "&q=model%3Agpt-4o%20error%3Atrue%20latency%3E400ms");
  ask("no_match_ms", traces + "&q=model%3Agpt-4o%20cost%3E10");
  ask("user_ms", traces + "&q=user%3Auser-7%20tag%3Aprod");
  ask("costliest_ms", traces + "&sort=cost");
  ask("histogram_ms", series + "&q=model%3Agpt-4o");
  ask("trace_ms", "/api/v1/traces/" + trace_id_of(first_stored + 5) + "?project=bench");
  ask("large_trace_ms", "/api/v1/traces/" + trace_id_of(large_trace) + "?project=bench");
  for (const auto& [name, words] :
       {std::pair{"search_ms", "warehouse%20refund"}, {"rare_search_ms", rare_word}})
    figures.set(name,
                indexed ? std::optional{median_fetch_ms(port, traces + "&text=" + words)} : std::nullopt);
  ask("dashboard_ms", series);
  ask("dashboard_by_model_ms", series + "&group=model");
  ask("dashboard_by_name_ms", series + "&group=name");
  ask("dashboard_by_user_ms", series + "&group=user&step_s=86400");
  ask("sessions_ms", "/api/v1/sessions?project=bench");
  ask("facets_ms", "/api/v1/facets?project=bench&field=user");
  return figures;
}

// Search by index is what is promised; until it has caught up the tail is scanned. It takes only the time
// that nobody else wants, which on a busy machine is none: then there is no figure.
std::optional<double> wait_for_text_index(std::uint16_t port) {
  constexpr double patience_s = 300;
  const double began = monotonic_seconds();
  while (fetch(port, "/api/v1/status").find("\"text_index_backlog\":0,") == std::string::npos) {
    if (monotonic_seconds() - began > patience_s) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return monotonic_seconds() - began;
}

void keep_peak(Figures& figures, const CollectorServer& server) {
  const double peak = server.facts().at("peak_mb");
  figures.set("peak_mb", std::max(peak, figures.find("peak_mb").value_or(0)));
}

void measure_filled(Figures& figures, const std::string& file, std::size_t all) {
  const std::size_t measured = std::min<std::size_t>(all / 4, 200'000);
  CollectorServer server{file};
  figures.add("one", measure_ingest(server, 1, measured, 1));
  figures.add("four", measure_ingest(server, 4, measured, 100'000'000));
  std::fprintf(stderr, "storing %zu spans\n", all);
  static_cast<void>(
      send_batches(server.port(), 2, (all - 2 * measured) / spans_of_a_batch, first_stored, Headers::with));
  send_large_trace(server.port(), large_trace, large_trace_spans);
  const std::optional<double> indexed_s = wait_for_text_index(server.port());
  figures.set("index_s", indexed_s);
  figures.add("query", measure_queries(server.port(), indexed_s.has_value()));
  const std::string day = "&from=2026-01-10T00:00:00Z&to=2026-01-11T00:00:00Z";
  static_cast<void>(fetch(server.port(), "/api/v1/export?project=bench" + day));
  keep_peak(figures, server);
  server.stop();
}

// Started on the full database, with less room than it takes: the oldest traces go while others come.
void measure_deleting(Figures& figures, const std::string& file, std::size_t all) {
  CollectorServer server{file, std::filesystem::file_size(file)};
  figures.set("start_ms", server.start_ms());
  figures.add("deleting", measure_ingest(server, 4, all / 10, 300'000'000));
  keep_peak(figures, server);
  server.stop();
}

}  // namespace

Figures measure_collector() {
  const testing_support::TemporaryDirectory directory;
  const std::string file = directory.file("bench/traces.db");
  const std::size_t all = spans_to_store();
  Figures figures;
  measure_filled(figures, file, all);
  measure_deleting(figures, file, all);
  return figures;
}

}  // namespace llmtrace::bench
