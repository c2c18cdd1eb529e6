// How failures are recorded. The tracer never throws; exceptions of the program fly on unchanged.
#include <llmtrace/llmtrace.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

std::string call_api(bool works) {
  std::this_thread::sleep_for(2ms);
  if (!works) throw std::runtime_error{"connection reset"};
  return "success";
}

// Caught and recorded by hand: the span is an error, the trace goes on.
void risky_operation() {
  Span span{"external-api", SpanKind::tool};
  try {
    span.set_output({{"status", call_api(false)}});
  } catch (const std::exception& error) {
    span.record_exception(error);
  }
}

// trace() records the exception's type and message, nested ones too, and lets it fly on.
void draft() {
  trace("draft", SpanKind::llm, [] {
    try {
      call_api(false);
    } catch (...) {
      std::throw_with_nested(std::logic_error{"no draft"});
    }
  });
}

// A guard cannot see what flies past it: its span says "left by an exception".
void publish() {
  Span span{"publish", SpanKind::function};
  call_api(false);
}

// A failure without an exception.
void check_quota() {
  Span span{"check-quota", SpanKind::tool};
  span.set_status(Status::error, "no calls left");
}

}  // namespace

int main() {
  Options options;
  options.project = "errors";
  auto tracing = Tracer::init(options);
  const std::pair<const char*, void (*)()> steps[] = {{"risky-operation", &risky_operation},
                                                      {"write", &draft},
                                                      {"release", &publish},
                                                      {"prepare", &check_quota}};
  for (const auto& [name, step] : steps) {
    try {
      TraceScope trace{name};
      step();
      trace.set_output("done");
    } catch (const std::exception& error) {
      std::printf("caught: %s\n", error.what());
    }
  }
}
