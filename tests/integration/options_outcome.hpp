// What becomes of a tracer with given options.
#pragma once

#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

namespace llmtrace {

using testing_support::balanced;
using testing_support::Diagnostics;
using testing_support::Tracing;

// What a tracer with these options did with one span.
struct Outcome {
  bool started = false;
  std::vector<SpanData> spans;
  std::vector<std::string> messages;
  std::vector<std::string> kinds;
};

inline Outcome run(const Tracing::Adjust& adjust, bool with_environment = false) {
  Outcome outcome;
  const Diagnostics diagnostics;
  const auto memory = std::make_shared<MemoryExporter>();
  Options options = test_options(memory);
  options.read_environment = with_environment;
  options.on_error = diagnostics.listener();
  if (adjust) adjust(options);
  TracerGuard guard = Tracer::init(options);
  outcome.started = static_cast<bool>(guard);
  EXPECT_EQ(outcome.started, Tracer::get().enabled());
  {
    Span span{"s", SpanKind::llm};
    EXPECT_EQ(span.recording(), outcome.started && options.sample_rate.value_or(1) > 0);
    span.set_input("input").set_output("output");
  }
  EXPECT_TRUE(guard.close());
  EXPECT_TRUE(balanced(guard.stats()));
  outcome.spans = memory->spans();
  outcome.messages = diagnostics.messages();
  for (const Diagnostic& one : diagnostics.all()) outcome.kinds.push_back(one.kind);
  return outcome;
}

inline void expect_refused(const Tracing::Adjust& adjust, const std::string& because,
                           bool with_environment = false) {
  const Outcome outcome = run(adjust, with_environment);
  EXPECT_FALSE(outcome.started) << because;
  ASSERT_EQ(outcome.messages.size(), 1U) << because;
  EXPECT_THAT(outcome.messages[0], ::testing::HasSubstr(because));
  EXPECT_EQ(outcome.kinds[0], "config");
}

}  // namespace llmtrace
