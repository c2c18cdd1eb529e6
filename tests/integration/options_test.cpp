#include "options_outcome.hpp"
#include "support/fault_server.hpp"
#include "support/scoped_environment.hpp"
#include "support/temporary_directory.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

namespace llmtrace {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing_support::FaultServer;
using testing_support::ScopedEnvironment;

void expect_environment_refused(const char* name, const std::string& value) {
  const ScopedEnvironment environment{name, value};
  expect_refused({}, name, true);
}

TEST(Options, defaults_trace) {
  const Outcome outcome = run({});
  EXPECT_TRUE(outcome.started);
  EXPECT_EQ(outcome.spans.size(), 1U);
  EXPECT_TRUE(outcome.messages.empty());
}

TEST(Options, tracing_enabled_false_beats_everything) {
  for (const char* off : {"false", "0", "no", "off", "FALSE", "Off"}) {
    const ScopedEnvironment environment{"TRACING_ENABLED", off};
    const Outcome outcome = run([](Options& options) { options.enabled = true; }, true);
    EXPECT_FALSE(outcome.started) << off;
    EXPECT_TRUE(outcome.messages.empty()) << "asked for: nothing to say";
  }
  for (const char* on : {"true", "1", "yes", "on"}) {
    const ScopedEnvironment environment{"TRACING_ENABLED", on};
    EXPECT_TRUE(run({}, true).started) << on;
    EXPECT_FALSE(run([](Options& options) { options.enabled = false; }, true).started) << on;
  }
}

TEST(Options, disabled_has_nothing_to_say_of_other_settings) {
  ScopedEnvironment environment{"TRACING_ENABLED", "false"};
  environment.set("TRACER_URL", "no url");
  environment.set("TRACER_SAMPLE_RATE", "many");
  EXPECT_TRUE(run({}, true).messages.empty());
}

TEST(Options, the_environment_is_left_alone_when_told_so) {
  ScopedEnvironment environment{"TRACING_ENABLED", "false"};
  environment.set("TRACER_SAMPLE_RATE", "garbage");
  EXPECT_TRUE(run({}, false).started);
}

TEST(Options, an_empty_variable_is_no_variable) {
  ScopedEnvironment environment;
  for (const char* name :
       {"TRACING_ENABLED", "TRACER_URL", "TRACER_SAMPLE_RATE", "TRACER_API_KEY", "TRACER_EXPORTER",
        "TRACER_BATCH_SPANS", "TRACER_SPOOL_DIR", "TRACER_REDACT", "TRACER_LOG"})
    environment.set(name, "");
  const Outcome outcome = run({}, true);
  EXPECT_TRUE(outcome.started);
  EXPECT_TRUE(outcome.messages.empty());
}

TEST(Options, explicit_beats_environment_beats_default) {
  ScopedEnvironment environment{"TRACER_MAX_INPUT_BYTES", "3"};
  environment.set("TRACER_MAX_OUTPUT_BYTES", "2");
  EXPECT_EQ(run({}, true).spans[0].input.text, "inp");
  EXPECT_EQ(run({}, true).spans[0].output.text, "ou");
  EXPECT_EQ(run([](Options& options) { options.limits.input_bytes = 4; }, true).spans[0].input.text, "inpu");
  EXPECT_EQ(run({}, false).spans[0].input.text, "input");
}

TEST(Options, capture_follows_the_environment) {
  ScopedEnvironment environment{"TRACER_CAPTURE_INPUT", "off"};
  environment.set("TRACER_CAPTURE_OUTPUT", "no");
  const Outcome outcome = run({}, true);
  EXPECT_EQ(outcome.spans[0].input.type, RecordedValue::Type::null);
  EXPECT_EQ(outcome.spans[0].output.type, RecordedValue::Type::null);
  const auto both =
      run([](Options& options) { options.capture.inputs = options.capture.outputs = true; }, true);
  EXPECT_EQ(both.spans[0].input.text, "input");
}

TEST(Options, sample_rate_follows_the_environment) {
  const ScopedEnvironment environment{"TRACER_SAMPLE_RATE", "0"};
  Tracing tracing{[](Options& options) { options.read_environment = true; }};
  { Span span{"s"}; }
  EXPECT_EQ(tracing.stats().dropped_before.sampled_out, 1U);
}

TEST(Options, malformed_variables_are_one_warning_and_an_inert_tracer) {
  expect_environment_refused("TRACING_ENABLED", "maybe");
  for (const char* name : {"TRACER_CAPTURE_INPUT", "TRACER_CAPTURE_OUTPUT"})
    expect_environment_refused(name, "perhaps");
  for (const char* rate : {"many", "-0.1", "1.1", "nan", "0.5x", "1e999"})
    expect_environment_refused("TRACER_SAMPLE_RATE", rate);
  for (const char* name : {"TRACER_MAX_INPUT_BYTES", "TRACER_MAX_OUTPUT_BYTES", "TRACER_MAX_CAPTURE_BYTES",
                           "TRACER_MEMORY_LIMIT", "TRACER_BATCH_SPANS", "TRACER_FLUSH_INTERVAL_MS",
                           "TRACER_SHUTDOWN_TIMEOUT_MS"})
    for (const char* number : {"-1", "1.5", "0x10", "ten", " 1", "99999999999999999999999"})
      expect_environment_refused(name, number);
}

TEST(Options, an_unknown_log_level_is_a_warning_only) {
  const ScopedEnvironment environment{"TRACER_LOG", "loud"};
  const Outcome outcome = run({}, true);
  EXPECT_TRUE(outcome.started);
  ASSERT_EQ(outcome.messages.size(), 1U);
  EXPECT_THAT(outcome.messages[0], HasSubstr("TRACER_LOG"));
}

TEST(Options, log_off_is_silence) {
  const Outcome outcome = run([](Options& options) {
    options.log = "off";
    options.sample_rate = 7.0;
  });
  EXPECT_FALSE(outcome.started);
  EXPECT_TRUE(outcome.messages.empty());
}

TEST(Options, parts_of_later_versions_warn_once_and_are_ignored) {
  ScopedEnvironment environment{"TRACER_SPOOL_DIR", "/tmp/spool"};
  environment.set("TRACER_EXPORTER", "otlp");
  const Outcome outcome = run([](Options& options) { options.exporter = "none,otlp"; }, true);
  EXPECT_TRUE(outcome.started);
  std::string all;
  for (const std::string& message : outcome.messages) all += message + "\n";
  for (const char* part : {"TRACER_SPOOL_DIR", "otlp"}) {
    EXPECT_THAT(all, HasSubstr(part));
    EXPECT_EQ(all.find(part), all.rfind(part)) << "once";
  }
}

TEST(Options, the_exporter_of_events_needs_a_service_as_http_does) {
  const Outcome elsewhere = run([](Options& options) {
    options.exporter = "events";
    options.url = "https://traces.example.com";
  });
  EXPECT_FALSE(elsewhere.started);
  ASSERT_EQ(elsewhere.messages.size(), 1U);
  EXPECT_THAT(elsewhere.messages[0], HasSubstr("TRACER_API_KEY is required"));
}

TEST(Options, redaction_that_is_off_is_nothing_to_warn_of) {
  const ScopedEnvironment environment{"TRACER_REDACT", "off"};
  EXPECT_TRUE(run({}, true).messages.empty());
}

TEST(Options, a_bad_rate_or_rule_is_refused) {
  for (const double rate :
       {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    expect_refused([rate](Options& options) { options.sample_rate = rate; }, "sample rate");
    expect_refused(
        [rate](Options& options) {
          SampleRule rule;
          rule.name = "health*";
          rule.rate = rate;
          options.sample_rules = {rule};
        },
        "health*");
  }
}

TEST(Options, limits_of_zero_work) {
  const Outcome outcome = run([](Options& options) {
    options.limits.input_bytes = 0;
    options.limits.output_bytes = 0;
    options.limits.attribute_bytes = 0;
    options.limits.name_bytes = 0;
    options.limits.attributes = 0;
    options.limits.span_bytes = 0;
    options.limits.open_spans = 0;
    options.limits.memory = 0;
    options.batch.max_spans = 0;
    options.batch.max_bytes = 0;
    options.batch.flush_interval = milliseconds{0};
    options.retry = {milliseconds{0}, milliseconds{0}, milliseconds{0}, milliseconds{0}, milliseconds{0}};
    options.file_rotate_bytes = 0;
  });
  EXPECT_TRUE(outcome.started);
  EXPECT_EQ(outcome.spans.size(), 1U);
}

TEST(Options, limits_that_are_huge_work) {
  const Outcome outcome = run([](Options& options) {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    options.limits.input_bytes = most;
    options.limits.output_bytes = most;
    options.limits.attribute_bytes = most;
    options.limits.name_bytes = most;
    options.limits.attributes = most;
    options.limits.span_bytes = most;
    options.limits.open_spans = most;
    options.limits.memory = most;
    options.batch.max_spans = most;
    options.batch.max_bytes = most;
    options.batch.flush_interval = milliseconds::max();
    options.shutdown_timeout = milliseconds::max();
    options.retry = {milliseconds::max(), milliseconds::max(), milliseconds::max(), milliseconds::max(),
                     milliseconds::max()};
  });
  EXPECT_TRUE(outcome.started);
  EXPECT_EQ(outcome.spans.size(), 1U);
}

TEST(Options, negative_times_work) {
  const Outcome outcome = run([](Options& options) {
    options.batch.flush_interval = milliseconds{-5};
    options.retry = {milliseconds::min(), milliseconds{-1}, milliseconds{-1}, milliseconds{-1},
                     milliseconds{-1}};
  });
  EXPECT_TRUE(outcome.started);
  EXPECT_EQ(outcome.spans.size(), 1U);
}

TEST(Options, every_variable_reaches_the_service) {
  FaultServer server;
  ScopedEnvironment environment{"TRACER_URL", server.url()};
  environment.set("TRACER_API_KEY", "project-from_env");
  environment.set("TRACER_ENVIRONMENT", "staging");
  environment.set("TRACER_RELEASE", "1.2.3");
  environment.set("TRACER_EXPORTER", "http");
  environment.set("TRACER_BATCH_SPANS", "1");
  environment.set("TRACER_FLUSH_INTERVAL_MS", "5");
  environment.set("TRACER_SHUTDOWN_TIMEOUT_MS", "5000");
  environment.set("TRACER_MEMORY_LIMIT", "1048576");
  const Diagnostics diagnostics;
  Options options;
  options.on_error = diagnostics.listener();
  TracerGuard guard = Tracer::init(options);
  ASSERT_TRUE(guard);
  { TraceScope trace{"t"}; }
  { TraceScope trace{"t"}; }
  EXPECT_TRUE(guard.close());
  EXPECT_TRUE(balanced(guard.stats()));
  ASSERT_EQ(server.oracle().committed_spans(), 2U);
  for (const auto& request : server.oracle().requests()) {
    EXPECT_EQ(request.headers.at("x-api-key"), "project-from_env");
    EXPECT_TRUE(!request.json.contains("spans") || request.json["spans"].size() == 1U);
  }
  const auto trace = server.oracle().traces().begin()->second.json;
  EXPECT_EQ(trace["project_id"], "from_env");
  EXPECT_EQ(trace["environment"], "staging");
  EXPECT_EQ(trace["release"], "1.2.3");
  EXPECT_TRUE(diagnostics.all().empty());
}

TEST(Options, the_project_makes_the_key_of_a_local_service) {
  FaultServer server;
  const ScopedEnvironment environment{"TRACER_PROJECT_ID", "bot"};
  Options options;
  options.url = server.url();
  TracerGuard guard = Tracer::init(options);
  { Span span{"s"}; }
  EXPECT_TRUE(guard.close());
  ASSERT_GE(server.oracle().request_count(), 1U);
  EXPECT_EQ(server.oracle().requests()[0].headers.at("x-api-key"), "project-bot");
}

TEST(Options, a_diagnostic_callback_may_throw_and_trace) {
  Options options;
  options.read_environment = false;
  options.sample_rate = 5.0;
  int called = 0;
  options.on_error = [&called](const Diagnostic&) {
    ++called;
    Span span{"inside"};
    throw std::runtime_error{"from the callback"};
  };
  EXPECT_NO_THROW({ EXPECT_FALSE(Tracer::init(options)); });
  EXPECT_EQ(called, 1);
}

}  // namespace
}  // namespace llmtrace
