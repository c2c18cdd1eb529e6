// The program's own code, which we call, fails: what the program does is what it would do without us.
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/span_map.hpp>

#include <gmock/gmock.h>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace llmtrace {
namespace host_code {

struct Question {
  int number = 0;
};
struct Answer {
  int number = 0;
};
struct Silent : std::exception {
  const char* what() const noexcept override { return nullptr; }
};

}  // namespace host_code

template <>
struct Describe<host_code::Question> {
  static void input(SpanRef, const host_code::Question&) { throw std::runtime_error("no input today"); }
};
template <>
struct Describe<host_code::Answer> {
  static void output(SpanRef span, const host_code::Answer& answer) {
    span.set("number", answer.number);
    throw host_code::Silent{};
  }
};

namespace {

using host_code::Answer;
using host_code::Question;
using host_code::Silent;
using testing_support::Tracing;

Answer answer(const Question& question) { return {question.number + 1}; }

struct Client {
  Answer ask(const Question& question) { return answer(question); }
};

std::vector<std::string> failed_descriptions(const SpanData& span) {
  std::vector<std::string> types;
  for (const auto& event : span.events) {
    if (event.name != "llmtrace.describe_failed") continue;
    for (const auto& [key, value] : event.attributes)
      if (key == "exception.type") types.push_back(value.text);
  }
  return types;
}

void expect_described_in_vain(const SpanData& span) {
  EXPECT_THAT(failed_descriptions(span),
              ::testing::ElementsAre("std::runtime_error", "llmtrace::host_code::Silent"));
  EXPECT_NE(span.status, Status::error) << "the call itself went well";
  ASSERT_NE(span.attribute("number"), nullptr) << "what was said before stays";
  EXPECT_EQ(span.attribute("number")->integer, 2);
}

TEST(HostCode, a_description_that_throws_changes_nothing_of_a_traced_call) {
  Tracing tracing;
  EXPECT_EQ(traced("call", answer)(Question{1}).number, 2);
  expect_described_in_vain(tracing.span("call"));
}

TEST(HostCode, a_description_that_throws_changes_nothing_of_a_call_of_a_model) {
  Tracing tracing;
  EXPECT_EQ(traced_llm({"m", "p", "ask"}, answer)(Question{1}).number, 2);
  expect_described_in_vain(tracing.span("ask m"));
}

TEST(HostCode, a_description_that_throws_changes_nothing_of_a_clients_call) {
  Tracing tracing;
  Client client;
  EXPECT_EQ(Traced{client}.call("ask", &Client::ask, Question{1}).number, 2);
  expect_described_in_vain(tracing.span("ask"));
}

TEST(HostCode, an_exception_that_says_nothing_is_recorded_by_its_type) {
  Tracing tracing;
  EXPECT_THROW(trace("call", []() -> int { throw Silent{}; }), Silent);
  {
    Span span{"by hand"};
    span.record_exception(Silent{});
  }
  for (const char* name : {"call", "by hand"}) {
    EXPECT_EQ(tracing.span(name).error_type, "llmtrace::host_code::Silent") << name;
    EXPECT_EQ(tracing.span(name).status, Status::error) << name;
  }
}

class SilentExporter final : public Exporter {
 public:
  std::string name() const override { return "silent"; }
  bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override { throw Silent{}; }
};

TEST(HostCode, an_exporter_whose_exception_says_nothing_is_told_of) {
  testing_support::Diagnostics diagnostics;
  Options options = test_options(std::make_shared<MemoryExporter>());
  options.exporters = {std::make_shared<SilentExporter>()};
  options.on_error = diagnostics.listener();
  options.retry.initial_backoff = std::chrono::milliseconds{1};
  auto guard = Tracer::init(options);
  { Span span{"lost"}; }
  guard.close();
  EXPECT_TRUE(testing_support::balanced(guard.stats()));
  EXPECT_EQ(guard.stats().exporters.at(0).dropped.rejected, 1U);
  ASSERT_FALSE(diagnostics.messages().empty());
  EXPECT_THAT(diagnostics.messages()[0], ::testing::HasSubstr("without a text"));
}

TEST(HostCode, a_map_outlives_the_tracer_that_it_was_made_for) {
  Tracing other;
  const auto memory = std::make_shared<MemoryExporter>();
  std::optional<Tracer> tracer{std::in_place, test_options(memory)};
  SpanMap map{*tracer};
  const std::string open = map.create_trace("while it lives");
  EXPECT_FALSE(open.empty());
  tracer.reset();
  EXPECT_TRUE(map.create_trace("after it").empty());
  EXPECT_TRUE(map.create_span(open, "after it").empty());
  map.complete_trace(open);
  EXPECT_FALSE(map.complete_span("nobody"));
  const Tracer next{test_options(std::make_shared<MemoryExporter>())};
  EXPECT_TRUE(map.create_trace("in the next one").empty());
  EXPECT_EQ(next.stats().started, 0U);
  EXPECT_TRUE(other.spans().empty()) << "nor in the default one";
}

TEST(HostCode, a_map_of_the_default_tracer_may_be_made_before_that) {
  SpanMap map{Tracer::get()};
  Tracing tracing;
  map.complete_trace(map.create_trace("later"));
  EXPECT_EQ(tracing.spans().size(), 1U);
}

TEST(HostCode, what_is_wrapped_keeps_its_noexcept) {
  const auto safe = [](int n) noexcept { return n; };
  const auto unsafe = [](int n) { return n; };
  static_assert(noexcept(traced("f", safe)) == noexcept(traced("f", unsafe)));
  auto traced_safe = traced("safe", safe);
  auto traced_unsafe = traced("unsafe", unsafe);
  static_assert(noexcept(traced_safe(1)));
  static_assert(!noexcept(traced_unsafe(1)));
  auto llm_safe = traced_llm({"m", {}, {}}, safe);
  static_assert(noexcept(llm_safe(1)));
  EXPECT_EQ(traced_safe(1) + traced_unsafe(2) + llm_safe(3), 6);
}

}  // namespace
}  // namespace llmtrace
