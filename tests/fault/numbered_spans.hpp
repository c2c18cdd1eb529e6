// Spans that carry a number and a text which follows from it: whoever receives them can tell which they are,
// whether they are whole, and which are missing.
#pragma once

#include <llmtrace/tracer.hpp>

#include <string>

namespace llmtrace::testing_support {

[[nodiscard]] inline std::string payload_of(int number) {
  return "payload " + std::to_string(number) + " " +
         std::string(static_cast<unsigned>(number) * 37u % 500u, 'x');
}

template <class AnySpan>
void fill_numbered(AnySpan& span, int number) {
  span.set("number", number).set_input(payload_of(number));
}

// Of the default tracer.
inline void trace_number(int number) {
  Span span{"numbered", SpanKind::tool};
  fill_numbered(span, number);
}
inline void trace_number(const Tracer& tracer, int number) {
  Span span{tracer, "numbered", SpanKind::tool};
  fill_numbered(span, number);
}

inline void trace_numbers(int first, int count) {
  for (int i = first; i < first + count; ++i) trace_number(i);
}
inline void trace_numbers(const Tracer& tracer, int first, int count) {
  for (int i = first; i < first + count; ++i) trace_number(tracer, i);
}

// For a service of this machine: quick, deaf to the environment, and silent unless told otherwise.
[[nodiscard]] inline Options options_for(const std::string& url) {
  using std::chrono::milliseconds;
  Options options;
  options.project = "fault";
  options.exporter = "http";
  options.url = url;
  options.read_environment = false;
  options.batch.flush_interval = milliseconds{20};
  options.retry.initial_backoff = milliseconds{5};
  options.retry.max_backoff = milliseconds{50};
  options.on_error = [](const Diagnostic&) {};
  return options;
}

}  // namespace llmtrace::testing_support
