#include "net/http_loop.hpp"

#include "support/fault_server.hpp"
#include "support/faulty_sockets.hpp"
#include "support/http_loop_driver.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

namespace llmtrace::net {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using Outcome = HttpReply::Outcome;

bool has_requests(const Oracle& oracle, std::size_t count) { return oracle.request_count() >= count; }

// Drives the loop until the server has seen so many requests.
void poll_until_seen(HttpLoop& loop, const FaultServer& server, std::size_t count) {
  const auto deadline = test_deadline();
  while (!has_requests(server.oracle(), count)) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    loop.poll(10ms);
  }
}

TEST(HttpLoop, posts_the_pieces_in_order_with_the_headers) {
  FaultServer server;
  const auto loop = make_loop();
  auto request = request_to(server.url() + "/base/api/spans?x=1");
  request.body = {R"({"spans":[)", "", R"({"trace_id":"t","span_id":"s"})", "]}"};
  request.headers.emplace_back("User-Agent: test");
  request.secret_header = SecretHeader{"X-API-Key", Secret("project-a")};
  const auto reply = exchange(*loop, request);
  EXPECT_EQ(reply.outcome, Outcome::answered);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"accepted":1,"rejected":[]})");
  EXPECT_EQ(reply.error, "");
  const auto seen = server.oracle().requests().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/base/api/spans?x=1");
  EXPECT_EQ(seen.body, R"({"spans":[{"trace_id":"t","span_id":"s"}]})");
  EXPECT_EQ(seen.headers.at("content-type"), "application/json");
  EXPECT_EQ(seen.headers.at("x-api-key"), "project-a");
  EXPECT_EQ(seen.headers.at("user-agent"), "test");
  EXPECT_EQ(seen.headers.count("expect"), 0U);
  EXPECT_EQ(seen.headers.count("accept-encoding"), 0U);
}

TEST(HttpLoop, sends_large_bodies_without_asking_first) {
  FaultServer server;
  const auto loop = make_loop();
  const std::string item = R"({"trace_id":"t","span_id":"s","x":")" + std::string(5 << 20, 'y') + "\"}";
  auto request = request_to(server.url());
  request.body = {R"({"spans":[)", item, "]}"};
  EXPECT_EQ(exchange(*loop, request).status, 200);
  EXPECT_EQ(server.oracle().requests().at(0).headers.count("expect"), 0U);
  EXPECT_EQ(server.oracle().committed_spans(), 1U);
}

TEST(HttpLoop, compresses_when_asked_to) {
  FaultServer server;
  const auto loop = make_loop();
  const std::string items = R"({"trace_id":"t","span_id":"s","x":")" + std::string(300'000, 'y') + "\"}";
  auto request = request_to(server.url());
  request.body = {R"({"spans":[)", items, "]}"};
  request.gzip = true;
  EXPECT_EQ(exchange(*loop, request).status, 200);
  const auto seen = server.oracle().requests().at(0);
  EXPECT_EQ(seen.headers.at("content-encoding"), "gzip");
  EXPECT_LT(seen.wire_bytes, 10'000U);
  EXPECT_EQ(seen.body, R"({"spans":[)" + items + "]}");
}

TEST(HttpLoop, keeps_the_connection_alive) {
  FaultServer server;
  const auto loop = make_loop();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(exchange(*loop, request_to(server.url())).status, 200);
  EXPECT_EQ(server.connection_count(), 1U);
}

TEST(HttpLoop, carries_requests_of_several_senders_at_once) {
  FaultServer server;
  server.enqueue(hang(), 3);
  const auto loop = make_loop();
  std::vector<HttpLoop::Id> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(loop->start(request_to(server.url())));
  poll_until_seen(*loop, server, 3);
  EXPECT_FALSE(loop->take(ids[0]));
  EXPECT_TRUE(loop->running());
  server.release();
  for (const auto id : ids) EXPECT_EQ(await(*loop, id).status, 200);
  EXPECT_FALSE(loop->running());
  EXPECT_FALSE(loop->take(ids[0])) << "a reply is handed out once";
}

// The reuse of a connection that the peer closed meanwhile fails before any reply: the request must
// go out again, whole, and nobody above must notice.
TEST(HttpLoop, resends_cleanly_when_a_kept_connection_turns_out_closed) {
  for (auto breaking : {lose_reply(), reset_after_reading(), reset_before_reading()}) {
    FaultServer server;
    server.enqueue(accept());
    server.enqueue(breaking);
    const auto loop = make_loop();
    EXPECT_EQ(exchange(*loop, request_to(server.url())).status, 200);
    auto request = request_to(server.url());
    request.body = {R"({"spans":[)", R"({"trace_id":"t","span_id":"s"})", "]}"};
    const auto reply = exchange(*loop, request);
    EXPECT_EQ(reply.status, 200) << reply.error;
    EXPECT_EQ(server.oracle().requests().back().body, R"({"spans":[{"trace_id":"t","span_id":"s"}]})");
    EXPECT_TRUE(server.oracle().violations().empty());
    EXPECT_EQ(server.connection_count(), 2U);
  }
}

TEST(HttpLoop, survives_a_peer_that_closes_after_each_reply) {
  FaultServer server;
  server.otherwise(accept().then_close());
  const auto loop = make_loop();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(exchange(*loop, request_to(server.url())).status, 200);
  EXPECT_EQ(server.oracle().request_count(), 20U);
}

TEST(HttpLoop, resends_a_large_body_when_a_kept_connection_is_reset_while_sending) {
  FaultServer server;
  server.enqueue(accept());
  server.enqueue(reset_before_reading());
  const auto loop = make_loop();
  EXPECT_EQ(exchange(*loop, request_to(server.url())).status, 200);
  const std::string item = R"({"trace_id":"t","span_id":"s","x":")" + std::string(8 << 20, 'y') + "\"}";
  auto request = request_to(server.url());
  request.body = {R"({"spans":[)", item, "]}"};
  const auto reply = exchange(*loop, request);
  EXPECT_EQ(reply.status, 200) << reply.error;
  EXPECT_EQ(server.oracle().committed_spans(), 1U);
}

TEST(HttpLoop, leaves_failures_of_a_fresh_connection_to_the_caller) {
  for (const auto& breaking : {lose_reply(), reset_after_reading(), reset_before_reading()}) {
    FaultServer server;
    server.enqueue(breaking);
    const auto loop = make_loop();
    const auto reply = exchange(*loop, request_to(server.url()));
    EXPECT_EQ(reply.outcome, Outcome::unreachable);
    EXPECT_FALSE(reply.error.empty());
    EXPECT_EQ(server.connection_count(), 1U);
  }
}

TEST(HttpLoop, hands_out_status_and_retry_after) {
  FaultServer server;
  server.enqueue(reply(503, {{"retry-after", "  12 "}, {"Date", "Fri, 13 Feb 2009 23:31:30 GMT"}}, "busy"));
  const auto loop = make_loop();
  const auto reply = exchange(*loop, request_to(server.url()));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.retry_after, "12");
  EXPECT_EQ(reply.body, "busy");
  EXPECT_EQ(reply.date.time_since_epoch(), 1234567890s);
}

TEST(HttpLoop, does_not_follow_redirects) {
  FaultServer elsewhere;
  FaultServer server;
  server.enqueue(redirect(elsewhere.url() + "/api/spans"));
  const auto loop = make_loop();
  EXPECT_EQ(exchange(*loop, request_to(server.url())).status, 301);
  EXPECT_EQ(elsewhere.connection_count(), 0U);
}

TEST(HttpLoop, reads_at_most_64_kib_of_a_reply_and_keeps_its_status) {
  FaultServer server;
  server.enqueue(endless_reply());
  server.enqueue(reply(404, {}, std::string(max_reply_bytes + 1, 'x')));
  server.enqueue(reply(200, {}, std::string(max_reply_bytes, 'x')));
  const auto loop = make_loop();
  for (const int status : {200, 404}) {
    const auto reply = exchange(*loop, request_to(server.url()));
    EXPECT_EQ(reply.outcome, Outcome::answered);
    EXPECT_EQ(reply.status, status);
    EXPECT_TRUE(reply.body_cut);
    EXPECT_EQ(reply.body.size(), max_reply_bytes);
  }
  EXPECT_FALSE(exchange(*loop, request_to(server.url())).body_cut);
}

TEST(HttpLoop, gives_up_on_headers_that_never_end) {
  FaultServer server;
  server.enqueue(endless_headers());
  const auto loop = make_loop();
  const auto reply = exchange(*loop, request_to(server.url()));
  EXPECT_TRUE(reply.body_cut || reply.outcome == Outcome::unreachable);
  EXPECT_TRUE(reply.body.empty());
}

TEST(HttpLoop, does_not_inflate_a_reply) {
  FaultServer server;
  server.enqueue(gzip_bomb());
  const auto loop = make_loop();
  const auto reply = exchange(*loop, request_to(server.url()));
  EXPECT_EQ(reply.outcome, Outcome::answered);
  EXPECT_LE(reply.body.size(), max_reply_bytes);
  EXPECT_EQ(reply.body.substr(0, 2), "\x1f\x8b");
}

TEST(HttpLoop, takes_a_reply_cut_in_its_middle_for_a_broken_connection) {
  FaultServer server;
  server.enqueue(cut_reply());
  const auto loop = make_loop();
  EXPECT_EQ(exchange(*loop, request_to(server.url())).outcome, Outcome::unreachable);
}

TEST(HttpLoop, reads_a_reply_that_drips) {
  FaultServer server;
  server.enqueue(drip());
  const auto loop = make_loop();
  EXPECT_EQ(exchange(*loop, request_to(server.url())).body, R"({"accepted":0,"rejected":[]})");
}

TEST(HttpLoop, reports_a_refused_connection) {
  const auto loop = make_loop();
  const auto reply = exchange(*loop, request_to(url_of_port(refused_port())));
  EXPECT_EQ(reply.outcome, Outcome::unreachable);
  EXPECT_EQ(reply.status, 0);
}

TEST(HttpLoop, times_out_on_a_connect_that_hangs) {
  const BlackHole hole;
  const auto loop = make_loop();
  auto request = request_to(hole.url());
  request.connect_timeout = 50ms;
  EXPECT_EQ(exchange(*loop, request).outcome, Outcome::timed_out);
}

TEST(HttpLoop, times_out_on_a_peer_that_does_not_read) {
  const MuteServer server;
  const auto loop = make_loop();
  const std::string body(16 << 20, 'x');
  auto request = request_to(server.url(), body);
  request.timeout = 50ms;
  EXPECT_EQ(exchange(*loop, request).outcome, Outcome::timed_out);
}

TEST(HttpLoop, survives_timeouts_that_make_no_sense) {
  FaultServer server;
  server.otherwise(hang());
  const auto loop = make_loop();
  for (const auto timeout : {0ms, -5ms, std::chrono::milliseconds::min()}) {
    auto request = request_to(server.url());
    request.timeout = timeout;
    EXPECT_EQ(exchange(*loop, request).outcome, Outcome::timed_out);
  }
  server.otherwise(accept());
  auto request = request_to(server.url());
  request.timeout = request.connect_timeout = std::chrono::milliseconds::max();
  EXPECT_EQ(exchange(*loop, request).status, 200);
  loop->poll(-1ms);
  loop->poll(std::chrono::milliseconds::min());
  loop->wake();
  EXPECT_TRUE(loop->poll(std::chrono::milliseconds::max()).woken);
}

TEST(HttpLoop, a_deadline_ends_what_runs_and_caps_what_comes) {
  FaultServer server;
  server.otherwise(hang());
  const auto loop = make_loop();
  auto request = request_to(server.url());
  request.timeout = 1h;
  const auto running = loop->start(request);
  poll_until_seen(*loop, server, 1);
  loop->set_deadline(HttpLoop::Clock::now() + 20ms);
  EXPECT_EQ(await(*loop, running).outcome, Outcome::timed_out);
  EXPECT_EQ(exchange(*loop, request).outcome, Outcome::timed_out);
  server.otherwise(accept());
  loop->set_deadline(std::nullopt);
  EXPECT_EQ(exchange(*loop, request).status, 200);
}

TEST(HttpLoop, a_wake_before_the_poll_is_not_lost) {
  const auto loop = make_loop();
  loop->wake();
  loop->wake();
  EXPECT_TRUE(loop->poll(1h).woken);
  EXPECT_FALSE(loop->poll(0ms).woken) << "wakes add up to one";
}

TEST(HttpLoop, a_wake_from_another_thread_ends_the_poll) {
  FaultServer server;
  server.enqueue(hang());
  const auto loop = make_loop();
  const auto id = loop->start(request_to(server.url()));
  for (int i = 0; i < 50; ++i) {
    auto waker = std::async(std::launch::async, [&] { loop->wake(); });
    EXPECT_TRUE(loop->poll(1h).woken);
    waker.get();
  }
  EXPECT_FALSE(loop->take(id));
}

TEST(HttpLoop, says_when_a_reply_is_complete) {
  FaultServer server;
  const auto loop = make_loop();
  const auto id = loop->start(request_to(server.url()));
  EXPECT_TRUE(loop->poll(30s).completed);
  EXPECT_TRUE(loop->take(id));
  EXPECT_FALSE(loop->poll(0ms).completed);
}

TEST(HttpLoop, a_cancelled_request_leaves_nothing_behind) {
  FaultServer server;
  server.enqueue(hang());
  const auto loop = make_loop();
  const auto id = loop->start(request_to(server.url()));
  poll_until_seen(*loop, server, 1);
  loop->cancel(id);
  loop->cancel(id);
  loop->cancel(0);
  EXPECT_FALSE(loop->running());
  EXPECT_FALSE(loop->take(id));
  EXPECT_EQ(exchange(*loop, request_to(server.url())).status, 200);
}

TEST(HttpLoop, cancelling_all_ends_each_as_aborted) {
  FaultServer server;
  server.otherwise(hang());
  const auto loop = make_loop();
  const auto first = loop->start(request_to(server.url()));
  const auto second = loop->start(request_to(server.url()));
  poll_until_seen(*loop, server, 2);
  loop->cancel_all();
  EXPECT_FALSE(loop->running());
  EXPECT_TRUE(loop->poll(1h).completed);
  EXPECT_EQ(loop->take(first)->outcome, Outcome::aborted);
  EXPECT_EQ(loop->take(second)->outcome, Outcome::aborted);
}

TEST(HttpLoop, can_be_destroyed_with_requests_running) {
  FaultServer server;
  server.otherwise(hang());
  const auto loop = make_loop();
  for (int i = 0; i < 3; ++i) EXPECT_NE(loop->start(request_to(server.url())), 0U);
  poll_until_seen(*loop, server, 3);
}

}  // namespace
}  // namespace llmtrace::net
