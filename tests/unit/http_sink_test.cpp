#include "export/http_sink.hpp"

#include "support/record_builder.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace llmtrace::exporting {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing_support::RecordBuilder;
using TimePoint = Sink::TimePoint;

struct Service {
  std::vector<std::pair<std::string, json>> posts;
  std::deque<int> statuses;  // 200 when empty
  bool hang = false;
  bool in_flight = false;

  [[nodiscard]] std::vector<std::string> names(std::size_t post) const {
    std::vector<std::string> out;
    for (const auto& item : posts.at(post).second.front()) out.push_back(item["name"]);
    return out;
  }
};

class ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(Service& service) : service_{service} {}

  bool start(const PostRequest& request) noexcept override {
    std::string body;
    for (const auto part : request.body) body += part;
    EXPECT_FALSE(std::exchange(service_.in_flight, true)) << "two requests at once";
    service_.posts.emplace_back(request.path, json::parse(body));
    return true;
  }
  std::optional<net::HttpReply> take() noexcept override {
    if (!service_.in_flight || service_.hang) return std::nullopt;
    service_.in_flight = false;
    net::HttpReply reply;
    reply.outcome = net::HttpReply::Outcome::answered;
    reply.status = 200;
    if (!service_.statuses.empty()) {
      reply.status = service_.statuses.front();
      service_.statuses.pop_front();
    }
    const auto count = service_.posts.back().second.front().size();
    if (reply.status == 200) reply.body = json{{"accepted", count}, {"rejected", json::array()}}.dump();
    return reply;
  }
  void cancel() noexcept override { service_.in_flight = false; }

 private:
  Service& service_;
};

class HttpSinkTest : public testing::Test {
 protected:
  HttpSink make(BatchLimits limits = {}) {
    return {std::make_unique<ScriptedTransport>(service_),
            NativeEncoder{{"shop", {}, {}, {}, &clock_}},
            limits,
            RetryOptions{},
            std::minstd_rand{7},
            nullptr};
  }
  static bool add_span(HttpSink& sink, const std::string& name) {
    RecordBuilder record{name};
    return sink.add_span(record.view());
  }
  static bool add_trace(HttpSink& sink, const std::string& name) {
    RecordBuilder record{name};
    record.trace_root();
    return sink.add_trace({record.view(), TraceState::ended, {}});
  }
  void run(HttpSink& sink) {
    for (int i = 0; i < 1'000 && !sink.idle() && !sink.gave_up(); ++i) {
      sink.step(now_);
      if (sink.next_event() != TimePoint::max()) now_ = std::max(now_, sink.next_event());
    }
  }

  Service service_;
  core::ClockMap clock_;
  TimePoint now_ = TimePoint{} + 1h;
};

TEST_F(HttpSinkTest, posts_spans_and_then_headers) {
  HttpSink sink = make();
  EXPECT_FALSE(sink.has_batch());
  EXPECT_TRUE(add_span(sink, "a"));
  EXPECT_TRUE(add_trace(sink, "t"));
  EXPECT_TRUE(add_span(sink, "b"));
  EXPECT_TRUE(sink.has_batch());
  sink.send(now_);
  EXPECT_FALSE(sink.idle());
  EXPECT_FALSE(add_span(sink, "too early"));
  run(sink);
  ASSERT_TRUE(sink.idle());
  ASSERT_EQ(service_.posts.size(), 2U);
  EXPECT_EQ(service_.posts[0].first, "/api/spans");
  EXPECT_EQ(service_.names(0), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(service_.posts[1].first, "/api/traces");
  EXPECT_EQ(service_.names(1), (std::vector<std::string>{"t"}));
  const SinkTally tally = sink.take_settled();
  EXPECT_EQ(tally.acknowledged, 2U);
  EXPECT_EQ(tally.headers_sent, 1U);
  EXPECT_EQ(tally.requests, 2U);
}

TEST_F(HttpSinkTest, reuses_its_memory_for_the_next_batch) {
  HttpSink sink = make();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(add_span(sink, "s" + std::to_string(i)));
    sink.send(now_);
    run(sink);
    EXPECT_EQ(service_.names(static_cast<std::size_t>(i)),
              (std::vector<std::string>{"s" + std::to_string(i)}));
  }
  EXPECT_EQ(sink.take_settled().acknowledged, 3U);
}

TEST_F(HttpSinkTest, sends_headers_alone) {
  HttpSink sink = make();
  EXPECT_TRUE(add_trace(sink, "t"));
  sink.send(now_);
  run(sink);
  EXPECT_EQ(service_.posts.size(), 1U);
  EXPECT_EQ(sink.take_settled().headers_sent, 1U);
}

TEST_F(HttpSinkTest, says_when_a_batch_is_full) {
  HttpSink sink = make({2, 1'000});
  EXPECT_TRUE(add_span(sink, std::string(5'000, 'x'))) << "an empty batch takes anything";
  EXPECT_FALSE(add_span(sink, "full by size"));
  sink.send(now_);
  run(sink);
  EXPECT_TRUE(add_span(sink, "1"));
  EXPECT_TRUE(add_span(sink, "2"));
  EXPECT_FALSE(add_span(sink, "full by number"));
  EXPECT_TRUE(add_trace(sink, "counted apart"));
}

TEST_F(HttpSinkTest, sends_the_headers_of_a_batch_that_was_refused) {
  service_.statuses = {503, 400};
  HttpSink sink = make();
  EXPECT_TRUE(add_span(sink, "a"));
  EXPECT_TRUE(add_trace(sink, "t"));
  sink.send(now_);
  run(sink);
  const SinkTally tally = sink.take_settled();
  EXPECT_EQ(tally.rejected, 1U);
  EXPECT_EQ(tally.headers_sent, 1U);
  EXPECT_EQ(tally.requests, 3U);
}

TEST_F(HttpSinkTest, settles_everything_at_the_shutdown) {
  service_.hang = true;
  HttpSink sink = make();
  EXPECT_TRUE(add_span(sink, "a"));
  EXPECT_TRUE(add_span(sink, "b"));
  EXPECT_TRUE(add_trace(sink, "t"));
  sink.send(now_);
  sink.finish_by(now_ + 1s, now_);
  sink.step(now_ + 2s);
  EXPECT_TRUE(sink.gave_up());
  sink.abandon();
  const SinkTally tally = sink.take_settled();
  EXPECT_EQ(tally.shutdown, 2U);
  EXPECT_EQ(tally.headers_dropped, 1U);
  EXPECT_TRUE(sink.idle());
  EXPECT_FALSE(sink.has_batch());
}

}  // namespace
}  // namespace llmtrace::exporting
