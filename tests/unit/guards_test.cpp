#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace llmtrace {
namespace {

using testing_support::Tracing;

static_assert(!std::is_copy_constructible_v<Span> && !std::is_move_constructible_v<Span>,
              "a guard is pinned");
static_assert(!std::is_copy_constructible_v<TraceScope> && !std::is_move_constructible_v<TraceScope>);
static_assert(std::is_nothrow_constructible_v<Span, const char*> && std::is_nothrow_destructible_v<Span>);

std::string ids_of(const SpanRef& span) { return span.trace_id() + "/" + span.span_id(); }

TEST(Guards, spans_nest_on_their_thread) {
  Tracing tracing;
  {
    TraceScope trace{"trace"};
    EXPECT_EQ(ids_of(current_span()), ids_of(trace.ref()));
    {
      Span outer{"outer", SpanKind::agent};
      EXPECT_EQ(ids_of(current_span()), ids_of(outer.ref()));
      { Span inner{"inner", SpanKind::llm}; }
      EXPECT_EQ(ids_of(current_span()), ids_of(outer.ref()));
      { Span second{"second"}; }
    }
    EXPECT_EQ(ids_of(current_span()), ids_of(trace.ref()));
  }
  EXPECT_FALSE(current_span());
  EXPECT_FALSE(SpanContext::current().valid());
  const SpanData trace = tracing.span("trace");
  const SpanData outer = tracing.span("outer");
  EXPECT_EQ(trace.kind, SpanKind::chain);
  EXPECT_FALSE(trace.parent_span_id.valid());
  EXPECT_EQ(outer.parent_span_id, trace.span_id);
  EXPECT_EQ(tracing.span("inner").parent_span_id, outer.span_id);
  EXPECT_EQ(tracing.span("second").parent_span_id, outer.span_id);
  EXPECT_EQ(tracing.span("inner").trace_id, trace.trace_id);
  EXPECT_EQ(tracing.span("inner").kind, SpanKind::llm);
}

TEST(Guards, a_span_alone_is_the_root_of_a_trace_of_its_name) {
  Tracing tracing;
  { Span span{"alone", SpanKind::llm}; }
  const TraceData trace = tracing.trace("alone");
  EXPECT_EQ(trace.state, TraceData::State::ok);
  EXPECT_EQ(trace.root_span_id, tracing.span("alone").span_id);
  EXPECT_EQ(trace.span_count, 1U);
}

TEST(Guards, a_trace_scope_owns_the_header) {
  Tracing tracing;
  {
    TraceOptions options;
    options.user_id = "u1";
    options.session_id = "s1";
    options.tags = {"prod", "eu"};
    options.metadata = {{"build", 7}};
    options.input = "question";
    TraceScope trace{"chat", options};
    trace.set_user("u2").add_tag("late").set_metadata("region", "west").set_output("answer");
    {
      Span span{"call", SpanKind::llm};
      Usage usage;
      usage.input = 100;
      usage.output = 20;
      span.set_output("x", usage, 0.25);
    }
    { Span{"broken"}.set_error("Timeout", "no reply"); }
    tracing.clock().advance(std::chrono::milliseconds{30});
  }
  const TraceData trace = tracing.trace("chat");
  EXPECT_EQ(trace.user_id, "u2");
  EXPECT_EQ(trace.session_id, "s1");
  EXPECT_THAT(trace.tags, ::testing::ElementsAre("prod", "eu", "late"));
  EXPECT_EQ(trace.metadata.size(), 2U);
  EXPECT_EQ(trace.input.text, "question");
  EXPECT_EQ(trace.output.text, "answer");
  EXPECT_EQ(trace.state, TraceData::State::ok) << "an error of a span is not an error of its trace";
  EXPECT_EQ(trace.error_count, 1U);
  EXPECT_EQ(trace.span_count, 3U);
  EXPECT_EQ(trace.tokens_input, 100);
  EXPECT_EQ(trace.tokens_output, 20);
  EXPECT_EQ(trace.total_cost, 0.25);
  EXPECT_EQ(trace.duration, std::chrono::milliseconds{30});
}

TEST(Guards, a_trace_scope_inside_another_trace_is_a_child_with_attributes) {
  Tracing tracing;
  {
    TraceScope outer{"outer"};
    TraceOptions options;
    options.user_id = "u";
    options.session_id = "s";
    options.tags = {"t"};
    TraceScope inner{"inner", options};
  }
  const SpanData inner = tracing.span("inner");
  EXPECT_EQ(inner.parent_span_id, tracing.span("outer").span_id);
  EXPECT_EQ(inner.attribute("user.id")->text, "u");
  EXPECT_EQ(inner.attribute("session.id")->text, "s");
  EXPECT_EQ(inner.attribute("trace.tags")->text, R"(["t"])");
  std::size_t ended = 0;
  for (const TraceData& trace : tracing.traces()) {
    EXPECT_EQ(trace.name, "outer");
    if (trace.state != TraceData::State::running) ++ended;
  }
  EXPECT_EQ(ended, 1U);
}

TEST(Guards, a_new_trace_inside_another_is_linked_to_it) {
  Tracing tracing;
  {
    TraceScope outer{"outer"};
    TraceOptions options;
    options.new_trace = true;
    TraceScope inner{"inner", options};
    { Span child{"child"}; }
  }
  const SpanData outer = tracing.span("outer");
  const SpanData inner = tracing.span("inner");
  EXPECT_NE(inner.trace_id, outer.trace_id);
  EXPECT_FALSE(inner.parent_span_id.valid());
  ASSERT_EQ(inner.links.size(), 1U);
  EXPECT_EQ(inner.links[0].trace_id, outer.trace_id);
  EXPECT_EQ(inner.links[0].span_id, outer.span_id);
  EXPECT_EQ(tracing.span("child").trace_id, inner.trace_id);
  EXPECT_EQ(tracing.trace("inner").state, TraceData::State::ok);
}

TEST(Guards, a_trace_is_an_error_when_an_exception_leaves_it_or_it_is_said_to_be) {
  Tracing tracing;
  try {
    TraceScope trace{"left"};
    Span span{"inside"};
    throw std::runtime_error{"boom"};
  } catch (const std::runtime_error&) {
  }
  { TraceScope{"told"}.set_error("bad"); }
  { TraceScope{"by status"}.set_status(Status::error, "worse"); }
  { TraceScope{"forgiven"}.set_error("bad").set_status(Status::ok); }
  EXPECT_EQ(tracing.trace("left").state, TraceData::State::error);
  EXPECT_EQ(tracing.trace("left").error, "left by an exception");
  EXPECT_TRUE(tracing.span("inside").left_by_exception);
  EXPECT_EQ(tracing.span("inside").status, Status::error);
  EXPECT_EQ(tracing.trace("told").state, TraceData::State::error);
  EXPECT_EQ(tracing.trace("told").error, "bad");
  EXPECT_EQ(tracing.trace("by status").error, "worse");
  EXPECT_EQ(tracing.trace("forgiven").state, TraceData::State::ok);
}

TEST(Guards, a_span_inside_a_destructor_that_unwinds_is_no_error_of_its_own) {
  struct CleansUp {
    ~CleansUp() { Span span{"cleaning"}; }
  };
  Tracing tracing;
  try {
    Span span{"left"};
    const CleansUp cleans_up;
    throw std::runtime_error{"boom"};
  } catch (const std::runtime_error&) {
  }
  EXPECT_FALSE(tracing.span("cleaning").left_by_exception);
  EXPECT_TRUE(tracing.span("left").left_by_exception);
}

TEST(Guards, the_short_ways_open_spans_of_their_kind) {
  Tracing tracing;
  {
    LlmOptions llm;
    llm.model = "gpt-4o";
    llm.provider = "openai";
    llm.operation = "chat";
    Span call = trace_llm(llm);
    call.set_output("x");
    LlmOptions only_model;
    only_model.model = "m";
    Span second = trace_llm(only_model);
    Span third = trace_llm();
    AgentOptions agent;
    agent.agent_type = "planner";
    Span by_type = trace_agent(agent);
    agent.operation = "plan";
    Span by_operation = trace_agent(agent);
    Span nameless = trace_agent({});
    Span operation = trace_operation("parse");
  }
  EXPECT_EQ(tracing.span("chat gpt-4o").kind, SpanKind::llm);
  EXPECT_EQ(tracing.span("chat gpt-4o").provider, "openai");
  EXPECT_EQ(tracing.span("m").model, "m");
  EXPECT_EQ(tracing.span("llm").kind, SpanKind::llm);
  EXPECT_EQ(tracing.span("planner").agent_type, "planner");
  EXPECT_EQ(tracing.span("plan").operation, "plan");
  EXPECT_EQ(tracing.span("agent").kind, SpanKind::agent);
  EXPECT_EQ(tracing.span("parse").kind, SpanKind::function);
}

TEST(Guards, an_early_end_is_the_end) {
  Tracing tracing;
  {
    TraceScope trace{"t"};
    Span span{"s"};
    span.end();
    EXPECT_FALSE(span.recording());
    EXPECT_EQ(ids_of(current_span()), ids_of(trace.ref()));
    span.set("late", 1).set_output("late");
    span.end();
    tracing.clock().advance(std::chrono::seconds{1});
    EXPECT_EQ(tracing.stats().ended_twice, 1U);
    trace.end();
    EXPECT_EQ(tracing.stats().ended_twice, 1U) << "that was the first time";
  }
  EXPECT_EQ(tracing.stats().ended_twice, 1U) << "a guard that dies later is none";
  const SpanData span = tracing.span("s");
  EXPECT_EQ(span.duration, std::chrono::nanoseconds{0});
  EXPECT_TRUE(span.attributes.empty());
  EXPECT_EQ(tracing.stats().ended, 2U);
}

TEST(Guards, a_view_of_a_span_that_has_ended_does_nothing) {
  Tracing tracing;
  SpanRef view;
  EXPECT_FALSE(view.recording());
  view.set("nothing", 1);
  {
    Span span{"s"};
    view = span.ref();
    view.set("inside", 1);
    EXPECT_TRUE(view);
  }
  EXPECT_FALSE(view);
  for (int i = 0; i < 100; ++i) {
    Span another{"another"};
    view.set("stray", 1).set_error("stray").set_name("stray");
    EXPECT_FALSE(view.adopt());
  }
  EXPECT_EQ(tracing.span("s").attributes.size(), 1U);
  EXPECT_EQ(tracing.span("another").attributes.size(), 0U);
  EXPECT_EQ(tracing.span("another").status, Status::ok);
}

TEST(Guards, ends_out_of_order_are_counted_and_leave_nothing_stale) {
  Tracing tracing;
  {
    auto first = std::make_unique<Span>("first");
    auto second = std::make_unique<Span>("second");
    auto third = std::make_unique<Span>("third");
    first.reset();
    EXPECT_EQ(ids_of(current_span()), ids_of(third->ref()));
    third.reset();
    EXPECT_EQ(ids_of(current_span()), ids_of(second->ref()));
    second.reset();
    EXPECT_FALSE(current_span());
    EXPECT_FALSE(SpanContext::current().valid());
    { Span fresh{"fresh"}; }
  }
  EXPECT_FALSE(tracing.span("fresh").parent_span_id.valid());
  EXPECT_EQ(tracing.span("third").parent_span_id, tracing.span("second").span_id);
  EXPECT_EQ(tracing.stats().ended_out_of_order, 1U);
  EXPECT_EQ(tracing.stats().ended, 4U);
}

TEST(Guards, ends_in_reverse_leave_nothing_stale_either) {
  Tracing tracing;
  constexpr std::size_t count = 1000;
  std::vector<std::unique_ptr<Span>> spans;
  for (std::size_t i = 0; i < count; ++i) spans.push_back(std::make_unique<Span>("s"));
  for (auto& span : spans) span.reset();
  EXPECT_FALSE(current_span());
  EXPECT_EQ(tracing.stats().ended, count);
  EXPECT_EQ(tracing.stats().ended_out_of_order, count - 1);
}

TEST(Guards, nest_a_hundred_thousand_deep) {
  Tracing tracing{[](Options& options) {
    options.limits.open_spans = 200'000;
    options.limits.memory = 256u << 20;
  }};
  constexpr std::size_t count = 100'000;
  {
    std::vector<std::unique_ptr<Span>> spans;
    spans.reserve(count);
    for (std::size_t i = 0; i < count; ++i) spans.push_back(std::make_unique<Span>("deep"));
    EXPECT_EQ(spans.front()->trace_id(), spans.back()->trace_id());
    EXPECT_EQ(tracing.stats().open, count);
    while (!spans.empty()) spans.pop_back();
  }
  EXPECT_FALSE(current_span());
  const Stats stats = tracing.stats();
  EXPECT_EQ(stats.ended, count);
  EXPECT_EQ(stats.ended_out_of_order, 0U);
  EXPECT_EQ(tracing.spans().size(), count);
}

TEST(Guards, are_inert_before_init_and_after_the_close) {
  const auto use_all = [] {
    TraceScope trace{"t"};
    Span span{"s", SpanKind::llm};
    ManualSpan manual = start_span("m");
    ContextScope scope{SpanContext{TraceId{1, 2}, SpanId{3}}};
    span.set("k", 1)
        .set_output("o")
        .set_error("e")
        .add_event("x", {{"a", 1}})
        .record_exception(std::runtime_error{"r"});
    EXPECT_FALSE(trace.recording());
    EXPECT_FALSE(span);
    EXPECT_FALSE(manual);
    EXPECT_FALSE(current_span());
    EXPECT_FALSE(span.context().valid());
    EXPECT_EQ(span.trace_id(), std::string(32, '0'));
    EXPECT_EQ(to_traceparent(span.context()), "");
    manual.end();
    manual.end();
    const Span call = trace_llm();
    const Span child = trace.span("c");
    EXPECT_FALSE(child);
  };
  use_all();
  { Tracing tracing; }
  use_all();
}

TEST(Guards, a_span_that_outlives_its_tracer_is_gone_without_harm) {
  auto tracing = std::make_unique<Tracing>();
  auto span = std::make_unique<Span>("late");
  auto manual = std::make_unique<ManualSpan>(start_span("manual"));
  tracing.reset();
  span->set("k", 1).set_output(std::string(100'000, 'x'));
  manual->set("k", 1);
  Tracing next;
  span->set("k", 2);
  span.reset();
  manual.reset();
  EXPECT_FALSE(current_span());
  EXPECT_EQ(next.stats().started, 0U);
  EXPECT_EQ(next.spans().size(), 0U);
  { Span fresh{"fresh"}; }
  EXPECT_FALSE(next.span("fresh").parent_span_id.valid());
}

}  // namespace
}  // namespace llmtrace
