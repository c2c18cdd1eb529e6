// Options in docs/cookbook.md and docs/operations.md, C++17.
#include <llmtrace/llmtrace.hpp>
using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

void server() {
  Options options;
  options.project = "chat-server";
  options.environment = "production";
  options.sample_rate = 0.1;
  options.batch.max_spans = 1000;
  options.batch.gzip = true;
  options.capture.inputs = false;
  options.limits.output_bytes = 4096;
  auto tracing = Tracer::init(options);
}

void sampling() {
  Options options;
  options.sample_rate = 0.1;
  options.sample_rules.push_back({"checkout*", std::nullopt, 1.0});
  options.sample_rules.push_back({"health", std::nullopt, 0.0});
  auto tracing = Tracer::init(options);
}

void tail_sampling() {
  TailRule payers;
  payers.attribute = "plan";
  payers.value = "paid";
  payers.rate = 0.5;
  Options options;
  options.tail.rate = 0.05;
  options.tail.slower_than = 10s;
  options.tail.dearer_than = 0.50;
  options.tail.rules = {payers};
  auto tracing = Tracer::init(options);
}

void redaction() {
  Options options;
  options.redact.mode = RedactMode::pii;
  options.redact.literals = {"Project Falcon"};
  auto tracing = Tracer::init(options);
}

void hook() {
  Options options;
  options.redact.hook = [](std::string_view path, std::string_view) -> std::optional<std::string> {
    if (path == "attributes.customer") return "[customer]";
    return std::nullopt;
  };
  auto tracing = Tracer::init(options);
}

void command_line() {
  Options options;
  options.export_mode = ExportMode::on_trace_end;
  auto tracing = Tracer::init(options);
  { TraceScope trace{"run"}; }
}

void two_tracers() {
  Options options;
  options.project = "audit";
  options.exporter = "file:/var/log/audit.jsonl";
  options.read_environment = false;
  Tracer audit{options};
}

void diagnostics() {
  Options options;
  options.on_error = [](const Diagnostic& what) {
    std::fprintf(stderr, "tracing: %s: %s\n", what.kind.c_str(), what.message.c_str());
  };
  auto tracing = Tracer::init(options);
}

}  // namespace

int main(int count, char**) {
  if (count == 1) return 0;
  server();
  sampling();
  tail_sampling();
  redaction();
  hook();
  command_line();
  two_tracers();
  diagnostics();
}
