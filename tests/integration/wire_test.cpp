#include "support/fault_server.hpp"
#include "support/tracing.hpp"
#include <llmtrace/json.hpp>
#include <llmtrace/llmtrace.hpp>

#include <nlohmann/json.hpp>

#include <limits>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace llmtrace {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing_support::balanced;
using testing_support::FaultServer;

// The default tracer over HTTP; each test ends with the books and with a strict parser's word on every
// request.
class WireTest : public ::testing::Test {
 protected:
  void start(const std::function<void(Options&)>& adjust = {}) {
    Options options;
    options.read_environment = false;
    options.url = server_.url();
    options.project = "bot";
    options.clock = std::make_shared<FakeClock>();
    options.id_source = std::make_shared<SequentialIds>();
    if (adjust) adjust(options);
    guard_.emplace(Tracer::init(options));
    ASSERT_TRUE(*guard_);
  }
  void finish() {
    EXPECT_TRUE(guard_->close(30s));
    EXPECT_TRUE(balanced(guard_->stats()));
    EXPECT_EQ(server_.oracle().committed_spans(), guard_->stats().ended);
    EXPECT_TRUE(server_.oracle().violations().empty());
    for (const std::string& violation : server_.oracle().violations()) ADD_FAILURE() << violation;
  }
  json span(const std::string& name) const {
    for (const auto& [id, item] : server_.oracle().spans())
      if (item.json["name"] == name) return item.json;
    ADD_FAILURE() << "no span " << name;
    return {};
  }
  json only_trace() const {
    const auto traces = server_.oracle().traces();
    EXPECT_EQ(traces.size(), 1U);
    return traces.empty() ? json{} : traces.begin()->second.json;
  }

  FaultServer server_;
  std::optional<TracerGuard> guard_;
};

TEST_F(WireTest, a_trace_arrives_as_the_protocol_says) {
  start();
  {
    TraceOptions options;
    options.user_id = "u1";
    options.tags = {"prod"};
    TraceScope trace{"chat", options};
    Span span{"call", SpanKind::llm};
    Usage usage;
    usage.input = 120;
    usage.output = 48;
    span.set_model("gpt-4o").set_provider("openai").set_input("hi").set_output({{"text", "yes"}}, usage, 0.5);
    span.set("flag", true).set_parameter("temperature", 0.5).add_event("retry").score("good", 1);
  }
  finish();
  const json trace = only_trace();
  const json span = this->span("call");
  EXPECT_EQ(trace["name"], "chat");
  EXPECT_EQ(trace["status"], "ok");
  EXPECT_EQ(trace["user_id"], "u1");
  EXPECT_EQ(trace["tags"], json::array({"prod"}));
  EXPECT_EQ(trace["project_id"], "bot");
  EXPECT_EQ(trace["span_count"], 2);
  EXPECT_EQ(trace["tokens_input"], 120);
  EXPECT_EQ(trace["total_cost"], 0.5);
  EXPECT_EQ(trace["root_span_id"], span["parent_span_id"]);
  EXPECT_EQ(span["trace_id"], trace["trace_id"]);
  EXPECT_EQ(span["trace_id"].get<std::string>().size(), 32U);
  EXPECT_EQ(span["span_id"].get<std::string>().size(), 16U);
  EXPECT_EQ(span["span_type"], "llm");
  EXPECT_EQ(span["status"], "ok");
  EXPECT_EQ(span["model"], "gpt-4o");
  EXPECT_EQ(span["input_data"], "hi");
  EXPECT_EQ(span["output_data"], json({{"text", "yes"}}));
  EXPECT_EQ(span["tokens_input"], 120);
  EXPECT_EQ(span["usage"]["output"], 48);
  EXPECT_EQ(span["cost_usd"], 0.5);
  EXPECT_EQ(span["attributes"], json({{"flag", true}}));
  EXPECT_EQ(span["parameters"], json({{"temperature", 0.5}}));
  EXPECT_EQ(span["events"].size(), 1U);
  EXPECT_EQ(span["scores"][0]["name"], "good");
  EXPECT_EQ(span["start_time"], "2026-01-01T00:00:01.000000000Z");
  EXPECT_EQ(span["duration_ms"], 0);
}

TEST_F(WireTest, unknown_is_absent_or_null_and_never_zero) {
  start();
  { Span{"s", SpanKind::llm}.set_output("x"); }
  finish();
  const json span = this->span("s");
  for (const char* field :
       {"cost_usd", "tokens_input", "tokens_output", "error", "model", "time_to_first_token_ms"})
    EXPECT_TRUE(!span.contains(field) || span[field].is_null()) << field << ": " << span[field];
}

TEST_F(WireTest, bad_input_of_every_kind_is_accepted_by_a_strict_parser) {
  start();
  const std::string broken = std::string{"\xff\xfe\xc3 nul:"} + '\0' + "\xed\xa0\x80 \x1b[31m \"\\ \x7f";
  json deep = 1;
  for (int level = 0; level < 1000; ++level) deep = json::array({std::move(deep)});
  {
    TraceOptions options;
    options.user_id = broken;
    options.tags = {broken, ""};
    TraceScope trace{broken, options};
    Span span{broken, SpanKind::llm};
    span.set_input(broken).set_output(deep).set_model(broken).set_error(broken, broken);
    span.set(broken, broken).set("nan", std::numeric_limits<double>::quiet_NaN());
    span.set("inf", -std::numeric_limits<double>::infinity())
        .set("huge", std::numeric_limits<std::uint64_t>::max());
    span.set("json", Json{std::string(100'000, '[')}).set_metadata(broken, Json{"{bad"});
    span.add_event(broken, {{broken, broken}})
        .score(broken, std::numeric_limits<double>::quiet_NaN(), broken);
    span.set_messages_json(broken).add_message(broken, broken).add_finish_reason(broken);
    span.set_usage({std::numeric_limits<std::int64_t>::max()})
        .set_cost(std::numeric_limits<double>::infinity());
  }
  finish();
  EXPECT_EQ(server_.oracle().committed_spans(), 2U);
}

TEST_F(WireTest, a_span_of_twenty_megabytes_passes_with_its_neighbours) {
  start();
  { Span span{"before"}; }
  {
    Span span{"large", SpanKind::llm};
    std::string prompt;
    while (prompt.size() < (20u << 20)) prompt += "\xe2\x82\xac";
    span.set_input(prompt);
  }
  { Span span{"behind"}; }
  finish();
  const json large = span("large");
  EXPECT_EQ(large["truncated"]["input_data"], (20u << 20) / 3 * 3 + 3);
  EXPECT_LE(large["input_data"].get<std::string>().size(), 1u << 20);
}

TEST_F(WireTest, everything_of_many_threads_arrives_once) {
  start([](Options& options) {
    options.id_source = nullptr;
    options.batch.max_spans = 100;
    options.batch.flush_interval = 10ms;
  });
  constexpr int threads = 4;
  constexpr int each = 500;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([t] {
      for (int i = 0; i < each; ++i) {
        Span span{"s"};
        span.set("thread", t).set("number", i).set_output(std::string(200, 'x'));
      }
    });
  for (std::thread& thread : running) thread.join();
  finish();
  std::map<std::pair<int, int>, int> seen;
  for (const auto& [id, item] : server_.oracle().spans())
    ++seen[{item.json["attributes"]["thread"].get<int>(), item.json["attributes"]["number"].get<int>()}];
  EXPECT_EQ(seen.size(), std::size_t{threads} * each);
}

TEST_F(WireTest, a_process_whose_root_has_a_parent_sends_no_header) {
  start();
  {
    TraceScope trace{from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=b"),
                     "server"};
  }
  finish();
  EXPECT_TRUE(server_.oracle().traces().empty());
  EXPECT_EQ(span("server")["parent_span_id"], "00f067aa0ba902b7");
}

TEST_F(WireTest, a_running_trace_is_shown_and_then_completed) {
  start();
  {
    TraceScope trace{"agent"};
    { Span span{"step"}; }
    EXPECT_TRUE(guard_->flush(20s));
    EXPECT_EQ(only_trace()["status"], "running");
  }
  finish();
  EXPECT_EQ(only_trace()["status"], "ok");
}

TEST_F(WireTest, an_orphan_is_marked) {
  start();
  TraceScope trace{"t"};
  trace.end();
  { Span span{trace, "late"}; }
  finish();
  EXPECT_EQ(span("late")["attributes"]["llmtrace.orphan"], true);
  EXPECT_TRUE(span("late")["parent_span_id"].is_string());
}

}  // namespace
}  // namespace llmtrace
