// The exporter for services that take one event per call; every test ends with the books.
#include "events_exporter_fixture.hpp"

namespace llmtrace {
namespace {

TEST_F(EventsExporter, a_trace_arrives_with_its_shape_and_its_facts) {
  Tracer tracer{options()};
  {
    TraceScope trace{tracer, "chat", {.user_id = "u1", .session_id = "s1", .tags = {"prod"}}};
    trace.set_metadata("plan", "free").set_output("done");
    Span llm{"answer", SpanKind::llm};
    llm.set_model("gpt-4o")
        .set_input_json(R"({"q":"why?"})")
        .set_output("because", {.input = 3, .output = 5});
    llm.set_cost(0.25).set("attempt", 2);
  }
  EXPECT_TRUE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).name, "events");
  EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, 2U);
  ASSERT_EQ(service.traces().size(), 1U);
  const auto trace = service.traces().begin()->second;
  EXPECT_EQ(trace.created["name"], "chat");
  EXPECT_EQ(trace.created["project_id"], "demo");
  EXPECT_EQ(trace.created["user_id"], "u1");
  EXPECT_EQ(trace.created["session_id"], "s1");
  EXPECT_EQ(trace.created["tags"], json({"prod"}));
  EXPECT_EQ(trace.created["metadata"]["plan"], "free");
  EXPECT_EQ(trace.completed["output"], "done");
  EXPECT_TRUE(trace.completed["metadata"].contains("llmtrace.end_time"));
  const json span = span_named("answer");
  EXPECT_EQ(span["created"]["span_type"], "llm");
  EXPECT_EQ(span["created"]["model"], "gpt-4o");
  EXPECT_EQ(span["created"]["input_data"], json({{"q", "why?"}}));
  EXPECT_EQ(span["created"]["metadata"]["llmtrace.attributes"]["attempt"], 2);
  EXPECT_EQ(span["completed"]["output_data"], json({{"value", "because"}}));
  EXPECT_EQ(span["completed"]["tokens_input"], 3);
  EXPECT_EQ(span["completed"]["tokens_output"], 5);
  EXPECT_EQ(span["completed"]["cost_usd"], 0.25);
}

// Such services do not know compressed bodies.
TEST_F(EventsExporter, compresses_nothing) {
  Options with_gzip = options();
  with_gzip.batch.gzip = true;
  Tracer tracer{with_gzip};
  {
    TraceScope trace{tracer, "chat"};
    trace.set_input(std::string(10'000, 'x'));
  }
  EXPECT_TRUE(tracer.close());
  for (const ReceivedRequest& request : server.oracle().requests())
    EXPECT_EQ(request.headers.count("content-encoding"), 0U) << request.path;
  EXPECT_EQ(service.spans().size(), 1U);
}

TEST_F(EventsExporter, an_error_is_one_there) {
  Tracer tracer{options()};
  {
    TraceScope trace{tracer, "chat"};
    Span tool{"search", SpanKind::tool};
    tool.set_error("no such index");
  }
  EXPECT_TRUE(tracer.close());
  EXPECT_EQ(span_named("search")["completed"]["error"], "no such index");
  EXPECT_TRUE(balanced(tracer.stats()));
}

TEST_F(EventsExporter, parents_are_created_before_their_children) {
  Tracer tracer{options()};
  for (int i = 0; i < 3; ++i) trace_one(tracer);
  EXPECT_TRUE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  expect_whole(3);
}

TEST_F(EventsExporter, a_service_that_has_lost_its_data_gets_the_trace_anew) {
  TracerGuard tracer = Tracer::init(options());
  SpanContext late;
  {
    const TraceScope trace{"request"};
    late = trace.context();
  }
  EXPECT_TRUE(tracer.flush(20s));
  service.forget_everything();
  { const Span after{late, "after the end", SpanKind::tool}; }
  EXPECT_TRUE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(service.spans().size(), 1U);
  EXPECT_EQ(service.problems(), std::vector<std::string>{});
}

TEST_F(EventsExporter, spans_of_a_trace_that_began_elsewhere_get_a_trace_around_them) {
  TracerGuard tracer = Tracer::init(options());
  const SpanContext remote = from_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  {
    const Span outer{remote, "handle"};
    const Span inner{"look up", SpanKind::tool};
  }
  EXPECT_TRUE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  ASSERT_EQ(service.traces().size(), 1U);
  const auto trace = service.traces().begin()->second;
  EXPECT_EQ(trace.created["name"], "handle");
  EXPECT_EQ(trace.created["metadata"]["llmtrace.trace_id"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_TRUE(trace.completed.is_object());
  EXPECT_TRUE(span_named("look up")["created"].contains("parent_span_id"));
  EXPECT_FALSE(span_named("handle")["created"].contains("parent_span_id"));
}

TEST_F(EventsExporter, a_trace_that_never_ended_is_told_at_the_end) {
  Tracer tracer{options()};
  ManualSpan open = start_span(tracer, "never ends");
  {
    auto active = open.enter();
    const Span child{"child", SpanKind::tool};
  }
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  ASSERT_EQ(service.traces().size(), 1U);
  EXPECT_EQ(service.traces().begin()->second.completed["metadata"]["llmtrace.status"], "incomplete");
  EXPECT_EQ(service.spans().size(), 1U);
}

TEST_F(EventsExporter, values_that_the_protocol_has_no_place_for_are_taken_all_the_same) {
  Tracer tracer{options()};
  {
    TraceScope trace{tracer, std::string(400, 'n')};
    for (int i = 0; i < 70; ++i) trace.add_tag("tag " + std::to_string(i));
    Span span{"", SpanKind::llm};
    span.set_input(42).set_output_json("[1,2]").set_usage({.input = -4}).set_cost(-1);
    span.set_input_json("{not json").set_metadata("llmtrace.span_id", "mine");
  }
  EXPECT_TRUE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(service.problems(), std::vector<std::string>{});
  ASSERT_EQ(service.traces().size(), 1U);
  EXPECT_EQ(service.traces().begin()->second.created["name"].get<std::string>().size(), 255U);
  EXPECT_EQ(service.traces().begin()->second.created["tags"].size(), 50U);
  EXPECT_EQ(service.spans().size(), 2U);
}

}  // namespace
}  // namespace llmtrace
