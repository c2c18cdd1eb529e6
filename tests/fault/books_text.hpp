// The books as lines of `name=value`, which a host program prints and its test reads again.
#pragma once

#include <llmtrace/tracer.hpp>

#include <cstdio>
#include <string>

namespace llmtrace::testing_support {

inline std::string books_text(const Stats& stats) {
  std::string text;
  const auto line = [&text](const std::string& name, std::uint64_t value) {
    text += name + "=" + std::to_string(value) + "\n";
  };
  line("balanced", stats.balanced() ? 1 : 0);
  line("started", stats.started);
  line("open", stats.open);
  line("ended", stats.ended);
  line("dropped_before", stats.dropped_before.sum());
  line("before_journal_full", stats.dropped_before.journal_full);
  line("before_open_span_limit", stats.dropped_before.open_span_limit);
  line("before_out_of_memory", stats.dropped_before.out_of_memory);
  line("before_torn", stats.dropped_before.torn);
  line("before_shutdown", stats.dropped_before.shutdown);
  line("ended_after_fork", stats.ended_after_fork);
  line("orphans", stats.orphans);
  for (const ExporterStats& exporter : stats.exporters) {
    line("acknowledged", exporter.acknowledged);
    line("queued", exporter.queued);
    line("rejected", exporter.dropped.rejected);
    line("expired", exporter.dropped.expired);
    line("lagging", exporter.dropped.exporter_lagging);
    line("out_of_memory", exporter.dropped.out_of_memory);
    line("shutdown", exporter.dropped.shutdown);
    line("requests", exporter.requests);
  }
  return text;
}

inline void print_number(const char* name, std::int64_t value) {
  std::printf("%s=%lld\n", name, static_cast<long long>(value));
  std::fflush(stdout);
}

inline void print_books(const Stats& stats) {
  std::fputs(books_text(stats).c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace llmtrace::testing_support
