#include "support/fault_server.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace llmtrace {
namespace {

using namespace std::chrono_literals;
using testing_support::balanced;
using testing_support::Diagnostics;
using testing_support::FaultServer;
using testing_support::Oracle;
using testing_support::Tracing;

struct SecondTracer {
  std::shared_ptr<MemoryExporter> memory = std::make_shared<MemoryExporter>();
  Tracer tracer{test_options(memory)};

  ~SecondTracer() {
    EXPECT_TRUE(tracer.close(20s));
    EXPECT_TRUE(balanced(tracer.stats()));
  }
  SpanData span(const std::string& name) {
    EXPECT_TRUE(tracer.flush(20s));
    return memory->span(name).value_or(SpanData{});
  }
};

TEST(TwoTracers, live_side_by_side) {
  Tracing tracing;
  SecondTracer other;
  {
    TraceScope trace{other.tracer, "billing"};
    Span span{"inherits its trace's tracer"};
    { ManualSpan manual = start_span("so does this"); }
  }
  { Span span{"default"}; }
  EXPECT_EQ(other.span("inherits its trace's tracer").parent_span_id, other.span("billing").span_id);
  EXPECT_EQ(other.memory->spans().size(), 3U);
  EXPECT_EQ(tracing.spans().size(), 1U);
  EXPECT_EQ(tracing.stats().started, 1U);
  EXPECT_EQ(other.tracer.stats().started, 3U);
}

TEST(TwoTracers, a_span_of_one_inside_a_span_of_the_other_starts_a_linked_trace) {
  Tracing tracing;
  SecondTracer other;
  {
    TraceScope outer{"outer"};
    {
      Span inner{other.tracer, "inner", SpanKind::tool};
      { Span below{"below inner"}; }
      { ManualSpan manual = start_span(Tracer::get(), "back again"); }
    }
    { Span after{"below outer"}; }
    { ManualSpan manual = start_span(other.tracer, "manual"); }
  }
  const SpanData outer = tracing.span("outer");
  const SpanData inner = other.span("inner");
  EXPECT_NE(inner.trace_id, outer.trace_id);
  EXPECT_FALSE(inner.parent_span_id.valid());
  ASSERT_EQ(inner.links.size(), 1U);
  EXPECT_EQ(inner.links[0].span_id, outer.span_id);
  EXPECT_EQ(other.span("below inner").parent_span_id, inner.span_id);
  EXPECT_EQ(tracing.span("below outer").parent_span_id, outer.span_id);
  ASSERT_EQ(tracing.span("back again").links.size(), 1U);
  EXPECT_EQ(tracing.span("back again").links[0].span_id, inner.span_id);
  EXPECT_EQ(other.span("manual").links.size(), 1U);
  EXPECT_TRUE(other.memory->trace("inner"));
}

TEST(TwoTracers, have_decisions_and_limits_of_their_own) {
  Tracing tracing{[](Options& options) { options.sample_rate = 0.0; }};
  SecondTracer other;
  {
    TraceScope dropped{"dropped"};
    Span kept{other.tracer, "kept"};
    EXPECT_TRUE(kept.recording());
  }
  EXPECT_TRUE(tracing.spans().empty());
  EXPECT_EQ(other.span("kept").name, "kept");
}

TEST(TwoTracers, one_lives_without_the_other) {
  SecondTracer other;
  EXPECT_FALSE(Tracer::get().enabled());
  { Span inert{"default"}; }
  { Span span{other.tracer, "s"}; }
  {
    Tracing tracing;
    { Span span{"default"}; }
    EXPECT_EQ(tracing.spans().size(), 1U);
  }
  { Span span{other.tracer, "after"}; }
  EXPECT_EQ(other.span("after").name, "after");
  EXPECT_EQ(other.memory->spans().size(), 2U);
}

TEST(TwoTracers, one_that_is_closed_is_inert) {
  SecondTracer other;
  EXPECT_TRUE(other.tracer.close());
  EXPECT_FALSE(other.tracer.enabled());
  Span span{other.tracer, "s"};
  EXPECT_FALSE(span);
  EXPECT_EQ(other.tracer.stats().started, 0U);
}

TEST(TwoTracers, one_that_could_not_start_is_inert) {
  const Diagnostics diagnostics;
  Options options;
  options.read_environment = false;
  options.sample_rate = 9.0;
  options.on_error = diagnostics.listener();
  Tracer tracer{options};
  EXPECT_FALSE(tracer.enabled());
  EXPECT_EQ(diagnostics.messages().size(), 1U);
  { Span span{tracer, "s"}; }
  { TraceScope trace{tracer, "t"}; }
  { ManualSpan manual = start_span(tracer, "m"); }
  EXPECT_TRUE(tracer.close());
  EXPECT_EQ(tracer.stats().started, 0U);
}

// The names of traces and spans that came with each key.
std::map<std::string, std::set<std::string>> names_by_key(const Oracle& oracle) {
  std::map<std::string, std::set<std::string>> names;
  for (const auto& request : oracle.requests())
    for (const auto& item : Oracle::items_of(request.json))
      names[request.headers.at("x-api-key")].insert(item.at("name").get<std::string>());
  return names;
}

TEST(TwoTracers, send_each_with_its_own_key) {
  FaultServer server;
  Options product;
  product.read_environment = false;
  product.url = server.url();
  product.project = "product";
  Options billing = product;
  billing.project.clear();
  billing.api_key = "project-billing";
  billing.batch.gzip = true;
  TracerGuard guard = Tracer::init(product);
  Tracer other{billing};
  {
    TraceScope request{"request"};
    {
      Span charge{other, "charge"};
      Span card{"card"};
    }
    Span answer{"answer"};
  }
  EXPECT_TRUE(other.close(20s));
  EXPECT_TRUE(guard.close(20s));
  const std::map<std::string, std::set<std::string>> expected{{"project-product", {"request", "answer"}},
                                                              {"project-billing", {"charge", "card"}}};
  EXPECT_EQ(names_by_key(server.oracle()), expected);
  EXPECT_EQ(server.oracle().committed_spans(), 4U);
}

TEST(TwoTracers, there_are_as_many_as_one_likes_up_to_a_limit) {
  std::vector<std::unique_ptr<SecondTracer>> tracers;
  for (int i = 0; i < 20; ++i) tracers.push_back(std::make_unique<SecondTracer>());
  for (auto& one : tracers) Span span{one->tracer, "s"};
  for (auto& one : tracers) EXPECT_EQ(one->span("s").name, "s");
}

}  // namespace
}  // namespace llmtrace
