#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <map>
#include <string>
#include <vector>

namespace llmtrace {
namespace {

using testing_support::balanced;
using testing_support::Tracing;

// Ids as in production: the decision is taken by them.
void random_ids(Options& options) { options.id_source = nullptr; }

TEST(Sampling, keeps_all_or_nothing_at_the_ends_of_the_scale) {
  for (const double rate : {0.0, 1.0}) {
    Tracing tracing{[rate](Options& options) {
      random_ids(options);
      options.sample_rate = rate;
    }};
    for (int i = 0; i < 500; ++i) Span span{"s"};
    EXPECT_EQ(tracing.spans().size(), rate > 0 ? 500U : 0U);
  }
}

TEST(Sampling, keeps_about_the_share_that_is_asked_for) {
  Tracing tracing{[](Options& options) {
    random_ids(options);
    options.sample_rate = 0.25;
  }};
  constexpr std::size_t count = 20'000;
  for (std::size_t i = 0; i < count; ++i) Span span{"s"};
  tracing.flush();
  const Stats stats = tracing.stats();
  EXPECT_GT(stats.ended, count / 5);
  EXPECT_LT(stats.ended, count * 3 / 10);
  EXPECT_EQ(stats.ended + stats.dropped_before.sampled_out, count);
}

TEST(Sampling, keeps_a_trace_whole) {
  Tracing tracing{[](Options& options) {
    random_ids(options);
    options.sample_rate = 0.5;
  }};
  for (int i = 0; i < 400; ++i) {
    TraceScope trace{"t"};
    Span outer{"outer"};
    { Span inner{"inner"}; }
    { ManualSpan manual = outer.child("manual"); }
  }
  std::map<std::string, int> spans_of;
  for (const SpanData& span : tracing.spans()) ++spans_of[to_hex(span.trace_id)];
  EXPECT_GT(spans_of.size(), 100U);
  EXPECT_LT(spans_of.size(), 300U);
  for (const auto& [trace, spans] : spans_of) EXPECT_EQ(spans, 4) << trace;
}

TEST(Sampling, services_that_share_a_trace_agree) {
  std::vector<TraceId> kept_by_first;
  std::vector<SpanContext> all;
  const auto half = [](Options& options) {
    random_ids(options);
    options.sample_rate = 0.5;
  };
  {
    Tracing first{half};
    for (int i = 0; i < 100; ++i) {
      Span span{"s"};
      all.push_back(span.context());
    }
  }
  Tracing second{half};
  for (const SpanContext& context : all) {
    Span span{from_traceparent(to_traceparent(context)), "s"};
    EXPECT_EQ(span.recording(), context.sampled());
  }
}

TEST(Sampling, the_first_rule_that_matches_the_root_decides) {
  Tracing tracing{[](Options& options) {
    random_ids(options);
    options.sample_rate = 1.0;
    SampleRule health;
    health.name = "health*";
    health.rate = 0;
    SampleRule tools;
    tools.kind = SpanKind::tool;
    tools.rate = 0;
    SampleRule important;
    important.name = "*important*";
    important.rate = 1;
    options.sample_rules = {important, health, tools};
  }};
  for (const char* name : {"health", "healthcheck", "other", "health important one", "HEALTH"})
    Span span{name};
  { Span span{"a tool", SpanKind::tool}; }
  { Span span{"important tool", SpanKind::tool}; }
  {
    TraceScope trace{"request"};
    Span span{"health of a child", SpanKind::tool};
  }
  std::vector<std::string> names;
  for (const SpanData& span : tracing.spans()) names.push_back(span.name);
  EXPECT_EQ(names, (std::vector<std::string>{"other", "health important one", "HEALTH", "important tool",
                                             "health of a child", "request"}));
}

TEST(Sampling, a_rule_can_keep_what_the_rate_drops) {
  Tracing tracing{[](Options& options) {
    options.sample_rate = 0.0;
    SampleRule rule;
    rule.name = "keep";
    options.sample_rules = {rule};
  }};
  { Span span{"keep"}; }
  { Span span{"drop"}; }
  EXPECT_EQ(tracing.spans().size(), 1U);
}

TEST(Sampling, patterns_of_any_kind_end) {
  for (const char* pattern : {"", "*", "**", "a*b*c", "*a*a*a*a*a*a*a*a*a*b", "a"}) {
    Tracing tracing{[pattern](Options& options) {
      SampleRule rule;
      rule.name = pattern;
      options.sample_rules = {rule};
    }};
    { Span span{std::string(2000, 'a')}; }
    { Span span{""}; }
    EXPECT_EQ(tracing.spans().size(), 2U);
  }
}

TEST(Sampling, what_is_dropped_still_carries_its_context) {
  Tracing tracing{[](Options& options) { options.sample_rate = 0.0; }};
  {
    TraceScope trace{"t"};
    EXPECT_FALSE(trace.recording());
    EXPECT_TRUE(trace.context().valid());
    EXPECT_FALSE(trace.context().sampled());
    Span span{"s"};
    EXPECT_EQ(span.trace_id(), trace.trace_id());
    EXPECT_EQ(to_traceparent(span.context()).substr(53), "00");
    EXPECT_EQ(SpanContext::current().span_id(), span.context().span_id());
    ManualSpan manual = span.child("m");
    EXPECT_EQ(manual.trace_id(), trace.trace_id());
    EXPECT_FALSE(manual.recording());
    manual.end();
  }
  EXPECT_FALSE(SpanContext::current().valid());
  EXPECT_TRUE(tracing.spans().empty());
  EXPECT_TRUE(tracing.traces().empty());
  const Stats stats = tracing.stats();
  EXPECT_EQ(stats.started, 3U);
  EXPECT_EQ(stats.dropped_before.sampled_out, 3U);
  EXPECT_EQ(stats.ended_twice, 0U);
}

TEST(Sampling, a_new_trace_inside_one_that_is_dropped_is_decided_anew) {
  Tracing tracing{[](Options& options) {
    SampleRule drop;
    drop.name = "drop";
    drop.rate = 0;
    options.sample_rules = {drop};
  }};
  {
    TraceScope trace{"drop"};
    TraceOptions options;
    options.new_trace = true;
    TraceScope inner{"keep", options};
    EXPECT_TRUE(inner.recording());
  }
  EXPECT_EQ(tracing.spans().size(), 1U);
}

}  // namespace
}  // namespace llmtrace
