// The exporter for services that take one event per call: against such a service in memory, which fails in
// each step in every way, and every test ends with the books.
#include "support/event_service.hpp"
#include "support/fault_server.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

namespace llmtrace {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing_support::Action;
using testing_support::balanced;
using testing_support::Diagnostics;
using testing_support::EventService;
using testing_support::FaultServer;
using testing_support::ReceivedRequest;
using testing_support::reply;

class EventsExporter : public testing::Test {
 protected:
  EventsExporter() {
    server.otherwise([this](const ReceivedRequest& one) { return service.act(one); });
  }

  Options options() const {
    Options options;
    options.read_environment = false;
    options.exporter = "events";
    options.url = server.url();
    options.project = "demo";
    options.batch.flush_interval = 1h;  // so that only a flush sends
    options.retry.initial_backoff = 1ms;
    options.retry.max_backoff = 2ms;
    options.on_error = diagnostics.listener();
    return options;
  }

  // Three levels, five spans with the root.
  static void trace_one(const Tracer& tracer) {
    TraceScope trace{tracer, "request"};
    Span agent{"agent", SpanKind::agent};
    for (const char* name : {"first", "second"}) {
      Span tool{name, SpanKind::tool};
      Span llm{"answer", SpanKind::llm};
      llm.set_model("gpt-4o").set_input("why?").set_output("because", {.input = 3, .output = 5});
    }
  }
  static constexpr std::uint64_t spans_of_one = 6;

  // Each of our spans is there once, completed, below the one that it was below here.
  void expect_whole(std::size_t traces) const {
    EXPECT_EQ(service.problems(), std::vector<std::string>{});
    std::set<std::string> ours;
    for (const auto& [id, trace] : service.traces()) {
      EXPECT_TRUE(ours.insert(trace.created["metadata"]["llmtrace.trace_id"]).second) << "created twice";
      EXPECT_TRUE(trace.completed.is_object()) << trace.created.dump();
    }
    EXPECT_EQ(ours.size(), traces);
    std::map<std::string, std::string> by_our_id;
    const auto spans = service.spans();
    for (const auto& [id, span] : spans) {
      EXPECT_TRUE(by_our_id.emplace(span.created["metadata"]["llmtrace.span_id"], id).second)
          << "created twice";
      EXPECT_TRUE(span.completed.is_object()) << span.created.dump();
    }
    EXPECT_EQ(by_our_id.size(), traces * spans_of_one);
    for (const auto& [id, span] : spans) {
      const std::string parent = span.created["metadata"].value("llmtrace.parent_span_id", "");
      EXPECT_EQ(span.created.value("parent_span_id", ""), parent.empty() ? "" : by_our_id[parent]);
    }
  }
  json span_named(const std::string& name) const {
    for (const auto& [id, span] : service.spans())
      if (span.created["name"] == name) return {{"created", span.created}, {"completed", span.completed}};
    ADD_FAILURE() << "no span " << name;
    return {};
  }

  FaultServer server;
  EventService service;
  Diagnostics diagnostics;
};

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

struct Fault {
  const char* name;
  std::function<Action(EventService&, const ReceivedRequest&)> act;
};

// As it is: lost on its way there, or on its way back.
const Fault faults[] = {
    {"reset before it is read",
     [](EventService&, const ReceivedRequest&) { return testing_support::reset_after_reading(); }},
    {"reset after it was done",
     [](EventService& service, const ReceivedRequest& request) {
       static_cast<void>(service.act(request));
       return testing_support::reset_after_reading();
     }},
    {"500 after it was done",
     [](EventService& service, const ReceivedRequest& request) {
       static_cast<void>(service.act(request));
       return reply(500, {}, "oops");
     }},
    {"502", [](EventService&, const ReceivedRequest&) { return reply(502); }},
    {"503",
     [](EventService&, const ReceivedRequest&) {
       return reply(503, {{"Retry-After", "0"}});
     }},
    {"429",
     [](EventService&, const ReceivedRequest&) {
       return reply(429, {{"Retry-After", "1"}});
     }},
    {"a page of somebody else",
     [](EventService&, const ReceivedRequest&) { return testing_support::html_page(); }},
    {"a reply that breaks off",
     [](EventService& service, const ReceivedRequest& request) {
       Action done = service.act(request);
       done.body.resize(done.body.size() / 2);
       return done;
     }},
};

TEST_F(EventsExporter, nothing_is_lost_or_created_twice_whatever_fails_once_in_each_step) {
  for (const Fault& fault : faults) {
    for (const char* step : {"create_trace", "create_span", "complete_span", "complete_trace"}) {
      SCOPED_TRACE(std::string{fault.name} + " in " + step);
      service.forget_everything();
      std::atomic<bool> failed{false};
      server.otherwise([&](const ReceivedRequest& request) {
        const bool now = EventService::kind_of(request) == step && !failed.exchange(true);
        return now ? fault.act(service, request) : service.act(request);
      });
      Tracer tracer{options()};
      trace_one(tracer);
      EXPECT_TRUE(tracer.flush(20s));
      EXPECT_TRUE(tracer.close());
      EXPECT_TRUE(balanced(tracer.stats()));
      EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, spans_of_one);
      EXPECT_TRUE(failed);
      expect_whole(1);
      server.otherwise(testing_support::accept());
    }
  }
}

// The look into the list of traces fails as well, for a while.
TEST_F(EventsExporter, asks_again_when_nobody_can_say_what_became_of_a_call) {
  std::atomic<int> calls{0};
  server.otherwise([&](const ReceivedRequest& request) {
    const int call = calls++;
    if (call == 0) static_cast<void>(service.act(request));
    return call < 4 ? testing_support::reset_after_reading() : service.act(request);
  });
  Tracer tracer{options()};
  trace_one(tracer);
  EXPECT_TRUE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  expect_whole(1);
}

TEST_F(EventsExporter, what_is_refused_is_lost_counted_and_told_once) {
  for (const int status : {400, 401, 403, 422, 413, 301}) {
    server.otherwise([&](const ReceivedRequest&) { return reply(status, {{"Location", server.url()}}); });
    const std::size_t told = diagnostics.all().size();
    const std::size_t before = server.oracle().request_count();
    Tracer tracer{options()};
    for (int i = 0; i < 3; ++i) trace_one(tracer);
    EXPECT_FALSE(tracer.flush(20s));
    EXPECT_TRUE(tracer.close());
    EXPECT_TRUE(balanced(tracer.stats()));
    EXPECT_EQ(tracer.stats().exporters.at(0).dropped.rejected, 3 * spans_of_one) << status;
    EXPECT_EQ(tracer.stats().exporters.at(0).headers_dropped, 6U)
        << status << ": as it began and as it ended";
    EXPECT_EQ(server.oracle().request_count() - before, 3U) << status << ": a try for each trace";
    EXPECT_EQ(diagnostics.all().size() - told, 1U) << status;
  }
}

TEST_F(EventsExporter, a_span_that_is_refused_takes_no_other_with_it) {
  server.otherwise([&](const ReceivedRequest& request) {
    const bool refused = EventService::kind_of(request) == "create_span" && request.json["name"] == "first";
    return refused ? reply(422, {}, R"({"detail":[]})") : service.act(request);
  });
  Tracer tracer{options()};
  trace_one(tracer);
  EXPECT_FALSE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, spans_of_one - 1);
  EXPECT_EQ(tracer.stats().exporters.at(0).dropped.rejected, 1U);
  EXPECT_EQ(service.spans().size(), spans_of_one - 1);
  EXPECT_EQ(service.problems(), std::vector<std::string>{});
}

TEST_F(EventsExporter, an_error_that_stays_is_given_up) {
  server.otherwise([&](const ReceivedRequest& request) {
    const bool fails =
        EventService::kind_of(request) == "complete_span" && request.json.contains("tokens_input");
    return fails ? reply(500) : service.act(request);
  });
  Tracer tracer{options()};
  trace_one(tracer);
  EXPECT_FALSE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).dropped.rejected, 2U);
  EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, spans_of_one - 2);
}

// The wait that the service asks for is kept: no call before it is over.
TEST_F(EventsExporter, keeps_the_rate_that_the_service_allows) {
  std::atomic<int> refused{0};
  std::chrono::steady_clock::time_point allowed_from{};
  std::atomic<bool> too_early{false};
  std::mutex mutex;
  server.otherwise([&](const ReceivedRequest& request) {
    const std::lock_guard lock{mutex};
    const auto now = std::chrono::steady_clock::now();
    if (now < allowed_from) too_early = true;
    if (refused < 2 && EventService::kind_of(request) == "create_span") {
      ++refused;
      allowed_from = now + 900ms;
      return reply(429, {{"Retry-After", "1"}});
    }
    return service.act(request);
  });
  Options patient = options();
  patient.retry.max_backoff = 30s;
  Tracer tracer{patient};
  trace_one(tracer);
  EXPECT_TRUE(tracer.flush(20s));
  EXPECT_EQ(refused, 2);
  EXPECT_FALSE(too_early);
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  expect_whole(1);
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
  const SpanContext remote =
      from_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
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

TEST_F(EventsExporter, a_dead_service_costs_no_more_than_the_shutdown_may_take) {
  server.otherwise(testing_support::hang());
  Options quick = options();
  quick.shutdown_timeout = 200ms;
  Tracer tracer{quick};
  for (int i = 0; i < 50; ++i) trace_one(tracer);
  EXPECT_FALSE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).dropped.shutdown, 50 * spans_of_one);
  server.release();
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
