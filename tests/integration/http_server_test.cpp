#include "integration/http_server_fixture.hpp"
#include "net/gzip.hpp"
#include "support/http_wire.hpp"

#include <gmock/gmock.h>

namespace llmtrace::collector::http {
namespace {

using ::testing::HasSubstr;
using testing_support::ask;
using testing_support::RawClient;
using testing_support::RawReply;

std::string gzipped(std::string_view text) {
  const std::string_view pieces[] = {text};
  return *net::gzip(pieces);
}

TEST_F(HttpServer, answers_one_request_after_the_other_on_a_connection) {
  start();
  RawClient client{port()};
  for (const std::string body : {"one", "two", ""}) {
    client.send(testing_support::request_text("POST", "/a?b=c", {}, body));
    const RawReply reply = client.read_reply();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, body);
    EXPECT_EQ(reply.headers.at("x-target"), "/a?b=c");
  }
}

TEST_F(HttpServer, answers_requests_that_were_sent_together_in_their_order) {
  start();
  RawClient client{port()};
  std::string all;
  for (int i = 0; i < 20; ++i) all += testing_support::request_text("POST", "/", {}, std::to_string(i));
  client.send(all);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.read_reply().body, std::to_string(i));
}

TEST_F(HttpServer, closes_when_it_is_asked_to_and_after_http_1_0) {
  start();
  for (const std::string head :
       {"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    RawClient client{port()};
    client.send(head);
    EXPECT_EQ(client.read_reply().status, 200);
    EXPECT_TRUE(client.ends());
  }
}

TEST_F(HttpServer, sends_no_body_in_answer_to_head) {
  start();
  RawClient client{port()};
  client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_reply(true).status, 200);
  client.send("GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_reply().headers.at("x-target"), "/next?");
}

TEST_F(HttpServer, puts_chunks_together) {
  start();
  const RawReply reply =
      raw("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "abc0123456789");
}

TEST_F(HttpServer, inflates_gzip) {
  start();
  const std::string text(300'000, 'x');
  const RawReply reply = ask(port(), "POST", "/", {"Content-Encoding: gzip"}, gzipped(text));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, text);
}

TEST_F(HttpServer, refuses_gzip_that_is_broken_or_cut_or_has_something_behind_it) {
  start();
  const std::string good = gzipped(std::string(100'000, 'x') + "tail");
  const std::string bad[] = {"not gzip", good.substr(0, good.size() - 3), good + "x", good + good};
  for (const std::string& body : bad)
    EXPECT_EQ(ask(port(), "POST", "/", {"Content-Encoding: gzip"}, body).status, 400);
  EXPECT_EQ(ask(port(), "POST", "/", {"Content-Encoding: br"}, "x").status, 415);
  EXPECT_EQ(echo.handled, 0);
}

TEST_F(HttpServer, invites_a_body_that_asks_before_it_comes) {
  start();
  RawClient client{port()};
  client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 100);
  client.send("hello");
  EXPECT_EQ(client.read_reply().body, "hello");
}

TEST_F(HttpServer, refuses_by_the_head_and_does_not_invite_the_body) {
  start();
  RawClient client{port()};
  client.send(
      "POST /refused HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 403);
  EXPECT_EQ(raw("GET / HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\n\r\n").status, 417);
}

TEST_F(HttpServer, refuses_bodies_that_are_too_large) {
  ServerOptions options;
  options.most_wire_bytes = 100'000;
  options.most_body_bytes = 200'000;
  start(options);
  EXPECT_EQ(ask(port(), "POST", "/", {}, std::string(100'000, 'x')).status, 200);
  EXPECT_EQ(ask(port(), "POST", "/", {}, std::string(100'001, 'x')).status, 413);
  const std::string chunk = "8000\r\n" + std::string(0x8000, 'x') + "\r\n";
  RawClient client{port()};
  client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 5; ++i) client.send(chunk);
  EXPECT_EQ(client.read_reply().status, 413);
  EXPECT_EQ(ask(port(), "POST", "/", {"Content-Encoding: gzip"}, gzipped(std::string(200'000, 'x'))).status,
            200);
  EXPECT_EQ(
      ask(port(), "POST", "/", {"Content-Encoding: gzip"}, testing_support::gzip_of_zeros(300'000)).status,
      413);
}

TEST_F(HttpServer, stops_inflating_a_bomb_at_the_limit) {
  start();
  const std::string bomb = testing_support::gzip_of_zeros(std::size_t{160} * 1024 * 1024);
  ASSERT_LT(bomb.size(), 1024u * 1024);
  EXPECT_EQ(ask(port(), "POST", "/", {"Content-Encoding: gzip"}, bomb).status, 413);
}

TEST_F(HttpServer, refuses_headers_that_are_too_large) {
  start();
  EXPECT_EQ(ask(port(), "GET", "/", {"X-Long: " + std::string(20'000, 'x')}).status, 431);
  std::vector<std::string> many(5'000, "X-Many: x");
  EXPECT_EQ(ask(port(), "GET", "/", many).status, 431);
  EXPECT_EQ(ask(port(), "GET", "/" + std::string(20'000, 'x')).status, 431);
}

TEST_F(HttpServer, holds_only_so_much_of_all_bodies_together) {
  ServerOptions options;
  options.most_held_bytes = 1'000'000;
  start(options);
  EXPECT_EQ(ask(port(), "POST", "/", {}, std::string(2'000'000, 'x')).status, 503);
  EXPECT_EQ(ask(port(), "POST", "/", {}, "small").status, 200);
  EXPECT_EQ(server->counts().held_bytes, 0u);
}

TEST_F(HttpServer, streams_what_is_made_on_the_way) {
  start();
  RawClient client{port()};
  client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const RawReply reply = client.read_reply();
  EXPECT_EQ(reply.headers.at("transfer-encoding"), "chunked");
  EXPECT_EQ(reply.body, "piece 1\npiece 3\npiece 4\n");
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpServer, streams_to_http_1_0_until_the_connection_ends) {
  start();
  RawClient client{port()};
  client.send("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.read_until("piece 4\n"), HasSubstr("\r\n\r\npiece 1\npiece 3\npiece 4\n"));
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpServer, tells_a_client_whose_request_nobody_answered) {
  start();
  EXPECT_EQ(ask(port(), "GET", "/never").status, 503);
}

TEST_F(HttpServer, stops_although_somebody_waits_for_an_answer) {
  ServerOptions options;
  options.stop_time = std::chrono::milliseconds{50};
  start(options);
  echo.keeps_replies = true;
  RawClient waiting{port()};
  waiting.send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n");
  RawClient idle{port()};
  while (echo.handled == 0) std::this_thread::yield();
  server->stop();
  EXPECT_TRUE(waiting.ends());
  EXPECT_TRUE(idle.ends());
  EXPECT_FALSE(RawClient{port()}.connected());
}

TEST_F(HttpServer, names_an_address_that_it_cannot_have) {
  start();
  ServerOptions same;
  same.port = port();
  EXPECT_THROW((Server{same, echo, pool}), std::runtime_error);
  ServerOptions nonsense;
  nonsense.address = "not an address";
  EXPECT_THROW((Server{nonsense, echo, pool}), std::runtime_error);
}

}  // namespace
}  // namespace llmtrace::collector::http
