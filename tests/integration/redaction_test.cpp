// Redaction as a program meets it: on by default, in everything that every exporter shows.
#include "support/scoped_environment.hpp"
#include "support/temporary_directory.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/wrap.hpp>

#include <atomic>
#include <stdexcept>
#include <string>

namespace llmtrace {
namespace {

using testing_support::balanced;
using testing_support::Tracing;

const std::string secret = "sk-proj-Ab3_dE-fGh1234567890xyz";
const std::string shown = "[redacted:key]";
const std::string mail = "ada@example.com";

void with_pii(Options& options) { options.redact.mode = RedactMode::pii; }

TEST(Redaction, hides_secrets_unless_it_is_told_otherwise) {
  Tracing tracing;
  {
    Span span{"call " + secret};
    span.set_input("key " + secret).set_output({{"reply", secret}, {"n", 1}}).set("authorization", "abc");
    span.add_message("user", secret)
        .add_event("retry", {{"why", secret}})
        .set_error(secret, "said " + secret);
    span.set_input_json(R"({"headers":{"x-api-key":"abc"},"mail":")" + mail + "\"}");
  }
  const SpanData span = tracing.span("call " + shown);
  EXPECT_EQ(span.input.text, R"({"headers":{"x-api-key":"[redacted:secret]"},"mail":")" + mail + "\"}");
  EXPECT_EQ(span.output.text, "{\"reply\":\"" + shown + "\",\"n\":1}");
  EXPECT_EQ(span.error, "said " + shown);
  EXPECT_EQ(span.error_type, shown);
  ASSERT_EQ(span.messages.size(), 1U);
  EXPECT_EQ(span.messages[0].second, shown);
  ASSERT_EQ(span.events.size(), 1U);
  EXPECT_EQ(span.events[0].attributes[0].second.text, shown);
  ASSERT_FALSE(span.attributes.empty());
  EXPECT_EQ(span.attributes[0].second.text, "[redacted:secret]");
}

TEST(Redaction, holds_for_headers_of_traces_that_run_and_that_have_ended) {
  Tracing tracing{with_pii};
  TraceOptions options;
  options.user_id = mail;
  options.tags = {secret};
  options.metadata = {{"password", "hunter2"}};
  options.input = "from " + mail;
  {
    TraceScope trace{"chat " + mail, options};
    tracing.flush();
    const TraceData running = tracing.trace("chat [redacted:email]");
    EXPECT_EQ(running.state, TraceData::State::running);
    EXPECT_EQ(running.user_id, "[redacted:email]");
    EXPECT_EQ(running.input.text, "from [redacted:email]");
    trace.set_output(secret);
  }
  const TraceData ended = tracing.trace("chat [redacted:email]");
  EXPECT_EQ(ended.tags, std::vector<std::string>{shown});
  EXPECT_EQ(ended.metadata.at(0).second.text, "[redacted:secret]");
  EXPECT_EQ(ended.output.text, shown);
}

TEST(Redaction, holds_for_all_exporters_of_a_tracer) {
  const testing_support::TemporaryDirectory directory;
  const std::string path = directory.file("spans.jsonl");
  auto memory = std::make_shared<MemoryExporter>();
  {
    Options options = test_options(memory);
    options.exporter = "file:" + path;
    options.environment = "stage " + secret;
    Tracer tracer{options};
    Span span{tracer, "call"};
    span.set_input(secret + " " + std::string(3000, 'x'));
    span.end();
    EXPECT_TRUE(tracer.close(std::chrono::seconds{20}));
    EXPECT_TRUE(balanced(tracer.stats()));
  }
  const std::string written = testing_support::contents(path);
  EXPECT_NE(written.find(shown), std::string::npos) << written;
  EXPECT_NE(written.find("stage " + shown), std::string::npos);
  EXPECT_EQ(written.find("Ab3_dE"), std::string::npos);
  EXPECT_EQ(memory->span("call")->input.text.substr(0, shown.size()), shown);
}

TEST(Redaction, differs_by_span_and_by_instrument) {
  Tracing tracing;
  { Span{"plain"}.set_input(mail); }
  { Span{"set"}.redact_pii().set_input(mail); }
  { Span{"off"}.set_redact(RedactMode::off).set_input(secret); }
  {
    SpanOptions options;
    options.redact_pii = true;
    options.input = mail;
    const Span span{"options", SpanKind::tool, options};
  }
  TracedOptions wrapped;
  wrapped.span.redact_pii = true;
  traced(
      "wrapped", [](const std::string& to) { return to; }, wrapped)(mail);
  LlmOptions llm;
  llm.operation = "ask";
  llm.redact_pii = true;
  traced_llm(llm, [](const std::string& to) { return to; })(mail);
  const std::string hidden = "[redacted:email]";
  EXPECT_EQ(tracing.span("plain").input.text, mail);
  EXPECT_EQ(tracing.span("off").input.text, secret);
  for (const char* name : {"set", "options", "wrapped", "ask"})
    EXPECT_EQ(tracing.span(name).input.text, hidden) << name;
  EXPECT_EQ(tracing.span("wrapped").output.text, hidden);
}

TEST(Redaction, can_be_narrowed_for_one_span) {
  Tracing tracing{with_pii};
  { Span{"public"}.redact_pii(false).set_input(mail + " " + secret); }
  EXPECT_EQ(tracing.span("public").input.text, mail + " " + shown);
}

TEST(Redaction, hides_the_programs_own_texts_and_asks_its_hook) {
  std::atomic<int> asked{0};
  Tracing tracing{[&](Options& options) {
    options.redact.literals = {"Falcon"};
    options.redact.hook = [&](std::string_view path, std::string_view value) -> std::optional<std::string> {
      ++asked;
      if (path == "attributes.customer") return "customer of " + std::to_string(value.size());
      if (path == "output") throw std::runtime_error{"no"};
      return std::nullopt;
    };
  }};
  { Span{"Falcon 9"}.set("customer", "ACME").set_output("anything"); }
  const SpanData span = tracing.span("[redacted:literal] 9");
  EXPECT_EQ(span.attributes.at(0).second.text, "customer of 4");
  EXPECT_EQ(span.output.text, "[redacted:failed]");
  EXPECT_GE(asked.load(), 3);
}

TEST(Redaction, lets_go_of_the_hook_at_the_close) {
  const auto owned = std::make_shared<int>(1);
  {
    Tracing tracing{[&](Options& options) {
      options.redact.hook = [owned](std::string_view, std::string_view) {
        return std::optional<std::string>{};
      };
    }};
    { Span{"call"}.set_input("x"); }
    tracing.flush();
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(Redaction, comes_before_what_the_capture_limit_cut) {
  for (const std::size_t limit : {20U, 30U, 40U, 60U}) {
    Tracing tracing{[limit](Options& options) { options.limits.input_bytes = limit; }};
    { Span{"call"}.set_input("my key is " + secret + " and more of it"); }
    const std::string seen = tracing.span("call").input.text;
    EXPECT_EQ(seen.substr(0, 24), "my key is [redacted:key]") << limit;
  }
}

TEST(Redaction, comes_from_the_environment) {
  const testing_support::ScopedEnvironment environment{"TRACER_REDACT", "pii"};
  Tracing tracing{[](Options& options) { options.read_environment = true; }};
  { Span{"call"}.set_input(mail); }
  EXPECT_EQ(tracing.span("call").input.text, "[redacted:email]");
  EXPECT_TRUE(tracing.diagnostics().messages().empty());
}

TEST(Redaction, that_is_asked_for_in_words_nobody_knows_turns_tracing_off) {
  const testing_support::ScopedEnvironment environment{"TRACER_REDACT", "everything"};
  testing_support::Diagnostics diagnostics;
  Options options = test_options(std::make_shared<MemoryExporter>());
  options.read_environment = true;
  options.on_error = diagnostics.listener();
  EXPECT_FALSE(Tracer{options}.enabled());
  ASSERT_EQ(diagnostics.messages().size(), 1U);
  EXPECT_NE(diagnostics.messages()[0].find("TRACER_REDACT"), std::string::npos);
}

TEST(Capture, is_switched_by_span_in_both_directions) {
  Tracing tracing{[](Options& options) { options.capture.outputs = false; }};
  SpanOptions options;
  options.input = "in";
  options.capture_inputs = false;
  options.capture_outputs = true;
  { Span{"options", SpanKind::tool, options}.set_input("in").set_output("out"); }
  {
    Span{"setters"}
        .capture_inputs(false)
        .set_input("in")
        .add_message("user", "in")
        .capture_outputs(true)
        .set_output("out");
  }
  { Span{"usual"}.set_input("in").set_output("out"); }
  for (const char* name : {"options", "setters"}) {
    const SpanData span = tracing.span(name);
    EXPECT_EQ(span.input.type, RecordedValue::Type::null) << name;
    EXPECT_TRUE(span.messages.empty());
    EXPECT_EQ(span.output.text, "out") << name;
  }
  EXPECT_EQ(tracing.span("usual").input.text, "in");
  EXPECT_EQ(tracing.span("usual").output.type, RecordedValue::Type::null);
}

}  // namespace
}  // namespace llmtrace
