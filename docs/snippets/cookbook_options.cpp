// Options in docs/cookbook.md and docs/operations.md, C++20.
#include <llmtrace/llmtrace.hpp>
using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

void server() {
  auto tracing = Tracer::init({.project = "chat-server",
                               .environment = "production",
                               .sample_rate = 0.1,
                               .batch = {.max_spans = 1000, .gzip = true},
                               .capture = {.inputs = false},
                               .limits = {.output_bytes = 4096}});
}

void sampling() {
  const SampleRule checkout{.name = "checkout*", .rate = 1.0};
  const SampleRule health{.name = "health", .rate = 0.0};
  auto tracing = Tracer::init({.sample_rate = 0.1, .sample_rules = {checkout, health}});
}

void tail_sampling() {
  const TailRule payers{.attribute = "plan", .value = "paid", .rate = 0.5};
  auto tracing =
      Tracer::init({.tail = {.rate = 0.05, .slower_than = 10s, .dearer_than = 0.50, .rules = {payers}}});
}

void redaction() {
  auto tracing = Tracer::init({.redact = {.mode = RedactMode::pii, .literals = {"Project Falcon"}}});
  Span span{"public", SpanKind::tool};
  span.redact_pii(false);  // of this one keys and tokens alone are hidden
}

void hook() {
  const auto hide_customers = [](std::string_view path, std::string_view) -> std::optional<std::string> {
    if (path == "attributes.customer") return "[customer]";
    return std::nullopt;  // as it is
  };
  auto tracing = Tracer::init({.redact = {.hook = hide_customers}});
}

void command_line() {
  auto tracing = Tracer::init({.export_mode = ExportMode::on_trace_end});
  { TraceScope trace{"run"}; }  // waits here for the acknowledgement, at most for the shutdown timeout
}

void two_tracers() {
  auto product = Tracer::init({.project = "product"});
  Tracer audit{{.project = "audit", .exporter = "file:/var/log/audit.jsonl", .read_environment = false}};
  TraceScope trace{audit, "check"};
  Span below{"step"};  // of the same tracer
}

void diagnostics() {
  auto tracing = Tracer::init({.on_error = [](const Diagnostic& what) {
    std::fprintf(stderr, "tracing: %s: %s\n", what.kind.c_str(), what.message.c_str());
  }});
}

}  // namespace

int main(int count, char**) {
  if (count == 1) return 0;  // compiled; what it would send to is not there
  server();
  sampling();
  tail_sampling();
  redaction();
  hook();
  command_line();
  two_tracers();
  diagnostics();
}
