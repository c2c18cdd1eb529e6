// The SDK's events exporter against our own collector, which speaks the protocol from the other side.
#include "support/collector_fixture.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <map>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

class EventsIntoCollector : public CollectorTest {
 protected:
  Options options() const {
    Options options;
    options.read_environment = false;
    options.exporter = "events";
    options.url = "http://127.0.0.1:" + std::to_string(port());
    options.project = "demo";
    return options;
  }
};

TEST_F(EventsIntoCollector, keeps_shape_times_and_figures) {
  start();
  auto clock = std::make_shared<FakeClock>();
  Options with_clock = options();
  with_clock.clock = clock;
  Tracer tracer{with_clock};
  {
    TraceScope trace{tracer, "request", {.user_id = "u1", .session_id = "s1", .tags = {"prod"}}};
    trace.set_output("done");
    clock->advance(1s);
    Span agent{"agent", SpanKind::agent};
    clock->advance(2s);
    Span llm{"answer", SpanKind::llm};
    llm.set_model("gpt-4o").set_input("why?").set_output("because", {.input = 3, .output = 5}).set_cost(0.5);
    clock->advance(4s);
  }
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, 3U);

  const Json listed = get("/api/traces?user_id=u1&session_id=s1&tags=prod", "demo").body;
  ASSERT_EQ(listed["traces"].size(), 1U) << listed.dump();
  const Json whole = get("/api/traces/" + listed["traces"][0]["trace_id"].get<std::string>(), "demo").body;
  EXPECT_EQ(whole["trace"]["name"], "request");
  EXPECT_EQ(whole["trace"]["output"], "done");
  EXPECT_EQ(whole["trace"]["duration_ms"], 7'000);
  EXPECT_EQ(whole["trace"]["total_cost"], 0.5);
  std::map<std::string, Json> by_name;
  for (const Json& span : whole["spans"]) by_name[span["name"]] = span;
  ASSERT_EQ(by_name.size(), 3U);
  EXPECT_EQ(by_name["request"]["parent_span_id"], nullptr);
  EXPECT_EQ(by_name["agent"]["parent_span_id"], by_name["request"]["span_id"]);
  EXPECT_EQ(by_name["answer"]["parent_span_id"], by_name["agent"]["span_id"]);
  EXPECT_EQ(by_name["agent"]["duration_ms"], 6'000);
  EXPECT_EQ(by_name["answer"]["duration_ms"], 4'000);
  EXPECT_EQ(by_name["answer"]["tokens_output"], 5);
  EXPECT_EQ(by_name["answer"]["output_data"], Json({{"value", "because"}}));
}

// More than one batch's worth of small traces, and one that is too large to be held back whole.
TEST_F(EventsIntoCollector, many_traces_and_a_huge_one_are_all_there) {
  start();
  Tracer tracer{options()};
  constexpr int small_ones = 200;
  for (int i = 0; i < small_ones; ++i) {
    TraceScope trace{tracer, "small"};
    const Span tool{"tool", SpanKind::tool};
  }
  {
    TraceScope huge{tracer, "huge"};
    const std::string text(100'000, 'x');
    for (int i = 0; i < 100; ++i) Span{"step", SpanKind::tool}.set_input(text);
  }
  EXPECT_TRUE(tracer.flush(60s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, 2U * small_ones + 101U);
  const Json stats = get("/api/stats", "demo").body;
  EXPECT_EQ(stats["total_traces"], small_ones + 1);
  EXPECT_EQ(stats["total_spans"], 2 * small_ones + 101);
}

}  // namespace
}  // namespace llmtrace::testing_support
