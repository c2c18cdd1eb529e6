// Options and environment, checked and made one: what a tracer runs with. Explicit value, else environment,
// else default; TRACING_ENABLED=false beats all.
#pragma once

#include "export/export_settings.hpp"
#include <llmtrace/tracer.hpp>

#include <string>
#include <utility>
#include <vector>

namespace llmtrace::runtime {

struct Problem {
  Diagnostic::Level level;
  std::string kind;
  std::string message;
};

struct Config {
  bool enabled = true;  // false: asked not to trace, or the settings were wrong
  exporting::ExportSettings exports;
  bool capture_inputs = true;
  bool capture_outputs = true;
  std::size_t input_bytes = 1u << 20;
  std::size_t output_bytes = 1u << 20;
  std::size_t attribute_bytes = 64u << 10;
  std::size_t name_bytes = 1024;
  std::size_t attributes = 1024;
  std::size_t span_bytes = 4u << 20;
  std::size_t capture_bytes = 2u << 20;
  std::size_t open_spans = 100'000;
  std::size_t memory = 32u << 20;
  double sample_rate = 1.0;
  std::vector<SampleRule> sample_rules;
  ExportMode export_mode = ExportMode::batched;
  std::chrono::milliseconds shutdown_timeout{2000};
  std::string traceparent;
  std::string tracestate;
  int log_threshold = static_cast<int>(Diagnostic::Level::warning);
  std::shared_ptr<Clock> clock;
  std::shared_ptr<IdSource> id_source;
  std::function<void(const Diagnostic&)> on_error;
  std::vector<Problem> problems;
};

[[nodiscard]] Config make_config(const Options& options);

}  // namespace llmtrace::runtime
