// What a hostile client may try against the server.
#include "integration/http_server_fixture.hpp"

#include <gmock/gmock.h>

#include <sys/resource.h>
#include <vector>

namespace llmtrace::collector::http {
namespace {

using ::testing::AnyOf;
using testing_support::ask;
using testing_support::RawClient;
using testing_support::RawReply;

// In each of these two programs could disagree about where a request ends, and the rest would be taken for
// the next one.
const std::vector<std::string>& smuggled_requests() {
  static const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
  static const std::string post = "POST / HTTP/1.1\r\nHost: localhost\r\n";
  static const std::vector<std::string> corpus{
      post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden,
      post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef" + hidden,
      post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde" + hidden,
      post + "Content-Length: 5, 5\r\n\r\nabcde" + hidden,
      post + "Content-Length: +5\r\n\r\nabcde" + hidden,
      post + "Content-Length: -5\r\n\r\nabcde" + hidden,
      post + "Content-Length: 0x5\r\n\r\nabcde" + hidden,
      post + "Content-Length: 5a\r\n\r\nabcde" + hidden,
      post + "Content-Length:\r\n\r\n" + hidden,
      post + "Content-Length: 99999999999999999999\r\n\r\n" + hidden,
      post + "Content-Length : 5\r\n\r\nabcde" + hidden,
      post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + hidden,
      post + "Transfer-Encoding: identity\r\n\r\n" + hidden,
      post +
          "Transfer-Encoding:\x0b"
          "chunked\r\n\r\n0\r\n\r\n" +
          hidden,
      post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n" + hidden,
      post + "Transfer-Encoding: chunked\r\n\r\n5\nabcde\n0\n\n" + hidden,
      post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n0\r\n\r\n" + hidden,
      post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n" + hidden,
      post + "Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefg\r\n0\r\n\r\n" + hidden,
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
      "POST / HTTP/1.1\nHost: localhost\nContent-Length: 5\n\nabcde" + hidden,
      post + "X: a\nContent-Length: 5\r\n\r\nabcde" + hidden,
      post + "X: a\rContent-Length: 5\r\n\r\nabcde" + hidden,
      post + std::string("X: a\0b\r\n\r\n", 9) + hidden,
      "POST / HTTP/1.1\r\n Host: localhost\r\n\r\n" + hidden,
      "POST / HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n" + hidden,
      "POST / HTTP/1.1\r\n\r\n" + hidden,
      "POST http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n" + hidden,
      "POST / HTTP/1.2\r\nHost: localhost\r\n\r\n" + hidden,
      "POST / HTTP/2.0\r\nHost: localhost\r\n\r\n" + hidden,
      "POST /\tx HTTP/1.1\r\nHost: localhost\r\n\r\n" + hidden,
      "POST  / HTTP/1.1\r\nHost: localhost\r\n\r\n" + hidden,
      "\r\n\r\n\x16\x03\x01" + hidden,
  };
  return corpus;
}

TEST_F(HttpServer, lets_no_request_be_smuggled) {
  start();
  for (const std::string& bytes : smuggled_requests()) {
    SCOPED_TRACE(::testing::PrintToString(bytes));
    const int before = echo.handled;
    RawClient client{port()};
    client.send(bytes);
    client.finish_sending();
    const RawReply first = client.read_reply();
    EXPECT_THAT(first.status, AnyOf(400, 413, 431, 501, 0));
    EXPECT_EQ(client.read_reply().status, 0) << "a second answer: the hidden request was taken";
    EXPECT_EQ(echo.handled, before);
  }
}

TEST_F(HttpServer, does_not_let_a_value_end_a_line_of_the_answer) {
  start();
  const RawReply reply = ask(port(), "GET", "/x?%0d%0aX-Injected:%201");
  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.headers.contains("x-injected"));
}

ServerOptions impatient() {
  ServerOptions options;
  options.header_time = std::chrono::milliseconds{300};
  options.body_time = std::chrono::milliseconds{300};
  options.idle_time = std::chrono::milliseconds{300};
  return options;
}

TEST_F(HttpServer, gives_up_on_a_header_that_does_not_end) {
  start(impatient());
  RawClient client{port()};
  client.send("GET / HTTP/1.1\r\nHost: local");
  EXPECT_EQ(client.read_reply().status, 408);
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(server->counts().timed_out, 1u);
}

TEST_F(HttpServer, gives_up_on_a_header_that_drips) {
  start(impatient());
  RawClient client{port()};
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n");
  while (!client.has_input(std::chrono::milliseconds{20}) && client.send("X")) continue;
  EXPECT_EQ(client.read_reply().status, 408);
}

TEST_F(HttpServer, gives_up_on_a_body_that_does_not_come) {
  start(impatient());
  RawClient client{port()};
  client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(client.read_reply().status, 408);
  EXPECT_EQ(echo.handled, 0);
}

TEST_F(HttpServer, closes_connections_that_say_nothing) {
  start(impatient());
  RawClient silent{port()};
  RawClient idle{port()};
  idle.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(idle.read_reply().status, 200);
  EXPECT_TRUE(silent.ends());
  EXPECT_TRUE(idle.ends());
}

// Descriptors for both ends of a thousand connections.
bool allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8'192);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur >= 4'096;
}

std::vector<RawClient> slow_clients(std::uint16_t port, std::size_t count) {
  std::vector<RawClient> clients;
  clients.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    clients.emplace_back(port);
    clients.back().send(i % 2 == 0 ? "GET / HTTP/1.1\r\nHost: loc"
                                   : "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nx");
  }
  return clients;
}

TEST_F(HttpServer, serves_others_beside_a_thousand_slow_clients) {
  if (!allow_many_descriptors()) GTEST_SKIP() << "too few descriptors are allowed here";
  start();
  const auto slow = slow_clients(port(), 1'000);
  while (server->counts().connections < 1'000) std::this_thread::yield();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(ask(port(), "POST", "/", {}, "hello").body, "hello");
  EXPECT_EQ(server->counts().evicted, 0u);
}

TEST_F(HttpServer, makes_room_by_closing_who_has_waited_longest) {
  ServerOptions options;
  options.most_connections = 20;
  start(options);
  auto slow = slow_clients(port(), 60);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(ask(port(), "POST", "/", {}, "hello").body, "hello");
  EXPECT_LE(server->counts().connections, 20u);
  EXPECT_GE(server->counts().evicted, 40u);
}

}  // namespace
}  // namespace llmtrace::collector::http
