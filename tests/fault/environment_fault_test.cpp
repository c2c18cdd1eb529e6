// Rows 13 and 16: the host changes its environment, and somebody sets the clock.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"
#include "support/tls_server.hpp"
#include <llmtrace/testing.hpp>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

// --- row 13

const Variables watched{{"LD_PRELOAD", beside_this_program("llmtrace_watched_environment.so")}};

TEST(EnvironmentFault, is_not_read_by_the_worker_while_the_host_changes_it) {
  FaultServer server;
  const Ended ended = run_host({"environment_storm", server.url(), "20"}, watched);
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("reads"), 0) << ended.errors;
  EXPECT_TRUE(holds_exactly(server.oracle(), 1000));
}

TEST(EnvironmentFault, is_not_read_by_the_worker_for_tls_either) {
  if (!TlsServer::available()) GTEST_SKIP() << "there is no openssl program";
  const TlsServer server;
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port());
  const Ended ended = run_host({"environment_storm", url, "1", server.ca_file()}, watched);
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_EQ(ended.number("acknowledged"), 50);
  EXPECT_TRUE(holds_exactly(server.oracle(), 50));
  EXPECT_EQ(ended.number("time_zone_is_read"), 1);  // OpenSSL used to be the first to use the calendar
  EXPECT_EQ(ended.number("reads"), 0) << ended.errors;
}

// --- row 16

TEST(ClockFault, that_is_set_changes_neither_cadence_nor_durations) {
  FaultServer server;
  const Ended ended = run_host({"wall_clock_jumps", server.url()},
                               {{"LD_PRELOAD", beside_this_program("llmtrace_shifted_clock.so")}});
  ASSERT_TRUE(ended_well(ended));
  EXPECT_TRUE(balanced(ended));
  EXPECT_TRUE(holds_exactly(server.oracle(), 10));
  EXPECT_LT(ended.number("close_ms"), 2000);
  for (const auto& [ids, item] : server.oracle().spans()) {
    const int number = item.json["attributes"].value("number", -1);
    const double duration = item.json["duration_ms"].get<double>();
    if (number % 2 == 0) {
      EXPECT_GE(duration, 40.0) << number;
    }
    EXPECT_GE(duration, 0.0);
    EXPECT_LT(duration, 20'000.0) << number;
  }
}

TEST(ClockFault, that_is_set_inside_a_span_leaves_its_duration_true) {
  const auto clock = std::make_shared<FakeClock>();
  const auto exporter = std::make_shared<MemoryExporter>();
  Options options = test_options(exporter);
  options.clock = clock;
  Tracer tracer{options};
  for (const auto step : {std::chrono::nanoseconds{1h}, std::chrono::nanoseconds{-1h}}) {
    Span span{tracer, "step"};
    clock->advance(7ms);
    clock->step_wall(step);
    clock->advance(5ms);
  }
  EXPECT_TRUE(tracer.close(10s));
  EXPECT_TRUE(balanced(tracer.stats()));
  ASSERT_EQ(exporter->spans().size(), 2U);
  for (const SpanData& span : exporter->spans()) {
    EXPECT_EQ(span.duration, 12ms);
  }
}

}  // namespace
}  // namespace llmtrace::testing_support
