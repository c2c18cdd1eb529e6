// The exporter of events against a service that fails, in each step and in every way.
#include "events_exporter_fixture.hpp"

#include <atomic>
#include <functional>

namespace llmtrace {
namespace {

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

// The close used to end at the first 500, and all that came behind it was lost.
TEST_F(EventsExporter, an_error_that_stays_is_given_up_alone_at_the_close_too) {
  for (const char* step : {"create_span", "complete_span"}) {
    SCOPED_TRACE(step);
    service.forget_everything();
    server.otherwise([&](const ReceivedRequest& request) {
      const bool fails =
          EventService::kind_of(request) == step &&
          (request.json.value("name", "") == "answer" || request.json.contains("tokens_input"));
      return fails ? reply(500) : service.act(request);
    });
    Tracer tracer{options()};
    trace_one(tracer);
    EXPECT_TRUE(tracer.close(20s));
    EXPECT_TRUE(balanced(tracer.stats()));
    EXPECT_EQ(tracer.stats().exporters.at(0).dropped.rejected, 2U);
    EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, spans_of_one - 2);
    EXPECT_EQ(service.problems(), std::vector<std::string>{});
    server.otherwise(testing_support::accept());
  }
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

}  // namespace
}  // namespace llmtrace
