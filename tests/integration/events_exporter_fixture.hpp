// A tracer that sends one event per call, and a service that takes such, in memory.
#pragma once

#include "support/event_service.hpp"
#include "support/fault_server.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>

namespace llmtrace {

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

  // Three levels below the root.
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

}  // namespace llmtrace
