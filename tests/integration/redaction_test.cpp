// Redaction as a program meets it: on by default, in everything that every exporter shows.
#include "support/scoped_environment.hpp"
#include "support/temporary_directory.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/wrap.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

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

std::string all_text(const SpanData& span) {
  std::string text =
      span.name + span.input.text + span.output.text + span.output_text + span.reasoning + span.error;
  for (const auto& call : span.tool_calls) text += call.arguments;
  for (const auto& [key, value] : span.attributes) text += value.text;
  for (const auto& [key, value] : span.parameters) text += value.text;
  for (const auto& [role, content] : span.messages) text += content;
  return text;
}

ExchangeHints chat_hints(int status = 200) {
  ExchangeHints hints;
  hints.url = "https://api.openai.com/v1/chat/completions";
  hints.status = status;
  return hints;
}

// The pieces of a body have no secret in them; what is read from them has.
TEST(Redaction, comes_behind_the_reading_of_bodies) {
  const std::string half = secret.substr(0, 12);
  const std::string rest = secret.substr(12);
  for (const bool refused : {false, true}) {
    Tracing tracing;
    {
      Span span{"call", SpanKind::llm};
      span.record_request(
          R"({"model":"m","user":")" + secret + R"(","messages":[{"role":"user","content":"is )" + secret +
              R"( good?"}],"tools":[{"type":"function","function":{"name":"f","description":")" + secret +
              R"("}}]})",
          chat_hints(refused ? 401 : 200));
      if (refused) {
        span.record_response(R"({"error":{"message":"Incorrect API key: )" + secret + R"("}})",
                             chat_hints(401));
      } else {
        span.record_chunk(R"(data: {"choices":[{"delta":{"content":"no: )" + half)
            .record_chunk(rest + "\"}}]}\n\n")
            .record_chunk(R"(data: {"choices":[{"delta":{"content":" and )" + half + "\"}}]}\n\n")
            .record_chunk(R"(data: {"choices":[{"delta":{"content":")" + rest + "\"}}]}\n\n")
            .record_chunk(
                R"(data: {"choices":[{"delta":{"reasoning_content":")" + secret +
                R"(","tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\"k\":\")" +
                secret + "\\\"}\"}}]}}]}\n\n");
      }
    }
    const SpanData span = tracing.span("call");
    EXPECT_EQ(all_text(span).find(half), std::string::npos) << all_text(span);
    EXPECT_EQ(all_text(span).find(rest), std::string::npos) << all_text(span);
    EXPECT_NE(all_text(span).find(shown), std::string::npos);
    if (refused) continue;
    EXPECT_EQ(span.output_text, "no: " + shown + " and " + shown);
    ASSERT_EQ(span.tool_calls.size(), 1U);
    EXPECT_EQ(span.tool_calls[0].arguments, R"({"k":")" + shown + "\"}");
  }
}

// The middle of a body that is too long is lost. A secret may have lost one half with it, wherever the gap
// begins and ends.
void expect_no_half(const std::string& seen, std::size_t before) {
  EXPECT_EQ(seen.find(secret.substr(0, 10)), std::string::npos) << before;
  EXPECT_EQ(seen.find(secret.substr(secret.size() - 10)), std::string::npos) << before;
}

constexpr std::size_t body_limit = 4u << 10;
void with_short_bodies(Options& options) { options.limits.capture_bytes = body_limit; }

// `body` has this many bytes before the secret of which only the head and the tail are kept.
std::vector<std::size_t> around_a_gap() {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < 60; ++i) {
    places.push_back(body_limit * 3 / 4 - 100 + 2 * i);
    places.push_back(20'000 - body_limit / 4 - 10 + 2 * i);
  }
  return places;
}

TEST(Redaction, hides_what_a_gap_in_a_response_leaves_of_a_secret) {
  for (const std::size_t before : around_a_gap()) {
    Tracing tracing{with_short_bodies};
    const std::string body = R"({"model":"m","choices":[{"message":{"content":")" + std::string(before, '.') +
                             secret + std::string(20'000 - before, '.') +
                             R"("}}],"usage":{"prompt_tokens":7}})";
    {
      Span span{"call", SpanKind::llm};
      span.record_request("{}", chat_hints());
      for (std::size_t at = 0; at < body.size(); at += 100)
        span.record_chunk(std::string_view{body}.substr(at, 100));
    }
    const SpanData span = tracing.span("call");
    EXPECT_EQ(span.tokens("input"), 7);
    expect_no_half(all_text(span), before);
  }
}

TEST(Redaction, hides_what_a_gap_in_a_stream_leaves_of_a_secret) {
  for (const std::size_t size : {5U, 40U}) {
    for (const std::size_t before : around_a_gap()) {
      Tracing tracing{with_short_bodies};
      std::string body;
      const auto say = [&body](std::string_view text) {
        body += R"(data: {"choices":[{"delta":{"content":")" + std::string{text} + "\"}}]}\n\n";
      };
      while (body.size() < before) say(std::string(before - body.size() < 60 ? 1 : 9, '.'));
      for (std::size_t at = 0; at < secret.size(); at += size) say(std::string_view{secret}.substr(at, size));
      while (body.size() < 20'000) say("........ ");
      {
        Span span{"call", SpanKind::llm};
        span.record_request("{}", chat_hints());
        span.record_chunk(body);
      }
      expect_no_half(all_text(tracing.span("call")), before);
    }
  }
}

TEST(Redaction, hides_what_a_gap_in_a_request_leaves_of_a_secret) {
  for (const std::size_t before : around_a_gap()) {
    Tracing tracing{with_short_bodies};
    {
      Span span{"call", SpanKind::llm};
      span.record_request(R"({"model":"m","messages":[{"role":"user","content":")" +
                              std::string(before, '.') + secret + std::string(20'000 - before, '.') +
                              R"("}]})",
                          chat_hints());
    }
    const SpanData span = tracing.span("call");
    EXPECT_EQ(span.model, "m");
    expect_no_half(all_text(span), before);
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
