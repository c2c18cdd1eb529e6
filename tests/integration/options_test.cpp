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
using testing_support::balanced;
using testing_support::Diagnostics;
using testing_support::FaultServer;
using testing_support::ScopedEnvironment;
using testing_support::Tracing;

// What a tracer with these options did with one span.
struct Outcome {
  bool started = false;
  std::vector<SpanData> spans;
  std::vector<std::string> messages;
  std::vector<std::string> kinds;
};

Outcome run(const Tracing::Adjust& adjust, bool with_environment = false) {
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

void expect_refused(const Tracing::Adjust& adjust, const std::string& because,
                    bool with_environment = false) {
  const Outcome outcome = run(adjust, with_environment);
  EXPECT_FALSE(outcome.started) << because;
  ASSERT_EQ(outcome.messages.size(), 1U) << because;
  EXPECT_THAT(outcome.messages[0], HasSubstr(because));
  EXPECT_EQ(outcome.kinds[0], "config");
}

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
  for (const char* name : {"TRACER_MAX_INPUT_BYTES", "TRACER_MAX_OUTPUT_BYTES", "TRACER_MEMORY_LIMIT",
                           "TRACER_BATCH_SPANS", "TRACER_FLUSH_INTERVAL_MS", "TRACER_SHUTDOWN_TIMEOUT_MS"})
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

TEST(Options, unknown_exporters_are_refused) {
  for (const char* name : {"htp", "file:", "file", "none,", "http;console", "HTTP"}) {
    const Outcome outcome = run([name](Options& options) {
      options.exporter = name;
      options.exporters.clear();
    });
    EXPECT_EQ(outcome.started, std::string{name} == "none,") << name;
  }
}

TEST(Options, the_key_has_a_form) {
  for (const char* key : {"secret-key-1", "project-", "project-has space", "project-line\r\nX-Evil: 1",
                          "project-\n", "Project-a", "project-\xc3\xa9", "project-a/b"})
    expect_refused([key](Options& options) { options.api_key = key; }, "API key");
  expect_refused([](Options& options) { options.api_key = "project-" + std::string(101, 'x'); }, "API key");
  expect_refused([](Options& options) { options.api_key = std::string{"project-a\0b", 11}; }, "API key");
  EXPECT_TRUE(run([](Options& options) { options.api_key = "project-" + std::string(100, 'x'); }).started);
}

TEST(Options, a_key_is_never_part_of_a_message) {
  for (const char* key : {"sk-very-secret-123", "project-very secret-123", "project-very-secret-123\r\n"}) {
    const Outcome outcome = run([key](Options& options) { options.api_key = key; });
    for (const std::string& message : outcome.messages)
      EXPECT_EQ(message.find("secret-123"), std::string::npos) << message;
  }
  const Outcome conflict = run([](Options& options) {
    options.api_key = "project-very-secret-123";
    options.project = "other";
  });
  ASSERT_EQ(conflict.messages.size(), 1U);
  EXPECT_EQ(conflict.messages[0].find("secret"), std::string::npos) << conflict.messages[0];
}

TEST(Options, project_and_key_must_agree) {
  expect_refused(
      [](Options& options) {
        options.api_key = "project-a";
        options.project = "b";
      },
      "another project");
  EXPECT_TRUE(run([](Options& options) {
                options.api_key = "project-a";
                options.project = "a";
              }).started);
  for (const char* project : {"has space", "a\nb", "a/b"})
    expect_refused([project](Options& options) { options.project = project; }, "project");
}

void use_http(Options& options, const std::string& url) {
  options.exporters.clear();
  options.exporter = "http";
  options.url = url;
}

TEST(Options, malformed_urls_are_refused_and_not_repeated) {
  for (const char* url : {"", "localhost", "ftp://host", "http://", "http://user:password@host/",
                          "http://host:port/", "http://host/?query=password", "http://ho st/",
                          "http://host:99999/", "https://host\r\n/", "//host", "http:///path"}) {
    if (*url == '\0') continue;
    const Outcome outcome = run([url](Options& options) { use_http(options, url); });
    EXPECT_FALSE(outcome.started) << url;
    ASSERT_EQ(outcome.messages.size(), 1U) << url;
    EXPECT_THAT(outcome.messages[0], HasSubstr("TRACER_URL"));
    EXPECT_EQ(outcome.messages[0].find("password"), std::string::npos);
  }
}

TEST(Options, other_machines_need_tls_and_a_key) {
  const auto with_key = [](const std::string& url) {
    return [url](Options& options) {
      use_http(options, url);
      options.api_key = "project-a";
    };
  };
  expect_refused(with_key("http://example.com"), "https");
  expect_refused([](Options& options) { use_http(options, "https://example.com"); }, "TRACER_API_KEY");
  for (const char* url : {"http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://0.0.0.0",
                          "http://10.0.0.1"})
    expect_refused(with_key(url), "https");
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
