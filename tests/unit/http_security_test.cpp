#include "net/http_loop.hpp"
#include "support/fault_server.hpp"
#include "support/faulty_sockets.hpp"
#include "support/http_loop_driver.hpp"
#include "support/tls_server.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace llmtrace::net {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using Outcome = HttpReply::Outcome;

TEST(HttpSecurity, refuses_requests_that_are_not_safe_to_send) {
  FaultServer server;
  const auto loop = make_loop();
  std::vector<HttpRequest> unsafe;
  for (const std::string url :
       {"http://example.com/", "ftp://127.0.0.1/", "file:///etc/passwd", "http://u:p@127.0.0.1/",
        "http://127.0.0.1/ x", "http://127.0.0.1/\r\nX: y", "", "127.0.0.1"}) {
    unsafe.push_back(request_to(url));
  }
  unsafe.push_back(request_to(server.url()));
  unsafe.back().headers.emplace_back("X: a\r\nY: b");
  unsafe.push_back(request_to(server.url()));
  unsafe.back().secret_header = SecretHeader{"X-API-Key", Secret("project-a\nX: y")};
  unsafe.push_back(request_to(server.url()));
  unsafe.back().secret_header = SecretHeader{"X-API-Key", Secret(std::string("a\0b", 3))};
  for (const auto& request : unsafe) {
    const auto reply = exchange(*loop, request);
    EXPECT_EQ(reply.outcome, Outcome::refused_by_us) << request.url;
    EXPECT_FALSE(reply.error.empty());
  }
  EXPECT_EQ(server.connection_count(), 0U);
}

TEST(HttpSecurity, errors_name_neither_key_nor_query) {
  const auto loop = make_loop();
  auto request = request_to(url_of_port(refused_port()) + "/path?token=hidden");
  request.secret_header = SecretHeader{"X-API-Key", Secret("project-hidden")};
  const auto reply = exchange(*loop, request);
  EXPECT_EQ(reply.error.find("hidden"), std::string::npos) << reply.error;
  EXPECT_NE(reply.error.find("127.0.0.1"), std::string::npos) << reply.error;
  const auto refused = exchange(*loop, request_to("http://user:hidden@127.0.0.1/"));
  EXPECT_EQ(refused.error.find("hidden"), std::string::npos) << refused.error;
}

TEST(HttpSecurity, goes_through_the_proxy_it_was_given) {
  FaultServer proxy;
  HttpLoopOptions options;
  options.proxy.http = "http://user:hidden@127.0.0.1:" + std::to_string(proxy.port());
  options.allow_plain_http = true;
  const auto loop = make_loop(options);
  EXPECT_EQ(exchange(*loop, request_to("http://service.invalid/api/spans")).status, 200);
  EXPECT_EQ(proxy.oracle().requests().at(0).path, "http://service.invalid/api/spans");
}

TEST(HttpSecurity, errors_do_not_name_the_credentials_of_the_proxy) {
  HttpLoopOptions options;
  options.proxy.https = "http://user:hidden@127.0.0.1:" + std::to_string(refused_port());
  const auto loop = make_loop(options);
  const auto reply = exchange(*loop, request_to("https://service.invalid/api/spans"));
  EXPECT_EQ(reply.outcome, Outcome::unreachable);
  EXPECT_EQ(reply.error.find("hidden"), std::string::npos) << reply.error;
}

// Runs like the worker does: all signals blocked on this thread only.
template <typename Work>
void on_a_worker(Work work) {
  std::thread worker([&] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    work();
  });
  worker.join();
}

volatile std::sig_atomic_t sigpipes = 0;

TEST(HttpSecurity, broken_connections_never_signal_the_host) {
  struct sigaction own {};
  own.sa_handler = [](int) { sigpipes = sigpipes + 1; };
  struct sigaction before {};
  sigaction(SIGPIPE, &own, &before);
  on_a_worker([] {
    FaultServer server;
    server.otherwise(reset_before_reading());
    server.enqueue(reset_before_reading(), 20);
    const auto loop = make_loop();
    const std::string body(4 << 20, 'x');
    for (int i = 0; i < 20; ++i) {
      EXPECT_NE(exchange(*loop, request_to(server.url(), body)).outcome, Outcome::answered);
    }
  });
  struct sigaction after {};
  sigaction(SIGPIPE, &before, &after);
  EXPECT_EQ(after.sa_handler, own.sa_handler) << "the disposition is the host's";
  EXPECT_EQ(sigpipes, 0);
}

class HttpTls : public testing::Test {
 protected:
  void SetUp() override {
    if (!TlsServer::available()) GTEST_SKIP() << "needs the openssl program";
  }

  // The server needs a moment to listen; until then connections are refused.
  static HttpReply exchange_when_up(HttpLoop& loop, const HttpRequest& request) {
    const auto deadline = test_deadline();
    for (;;) {
      auto reply = exchange(loop, request);
      const bool up = reply.outcome != Outcome::unreachable;
      if (up || std::chrono::steady_clock::now() > deadline) return reply;
      loop.poll(20ms);
    }
  }
};

TEST_F(HttpTls, refuses_a_certificate_that_nobody_vouches_for) {
  TlsServer server;
  const auto loop = make_loop();
  const auto url = "https://127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(exchange_when_up(*loop, request_to(url)).outcome, Outcome::refused_by_us);
}

TEST_F(HttpTls, trusts_the_given_ca_file) {
  TlsServer server;
  HttpLoopOptions options;
  options.ca_file = server.ca_file();
  const auto loop = make_loop(options);
  const auto url = "https://127.0.0.1:" + std::to_string(server.port());
  const auto reply = exchange_when_up(*loop, request_to(url));
  EXPECT_EQ(reply.status, 200) << reply.error;
  EXPECT_EQ(exchange(*loop, request_to(url)).status, 200) << "kept alive";
}

TEST_F(HttpTls, refuses_a_certificate_of_another_host) {
  TlsServer server;
  HttpLoopOptions options;
  options.ca_file = server.ca_file();
  const auto loop = make_loop(options);
  const auto url = "https://localhost:" + std::to_string(server.port());
  EXPECT_EQ(exchange_when_up(*loop, request_to(url)).outcome, Outcome::refused_by_us);
}

TEST_F(HttpTls, refuses_when_the_ca_file_is_missing) {
  TlsServer server;
  HttpLoopOptions options;
  options.ca_file = server.ca_file() + ".missing";
  const auto loop = make_loop(options);
  const auto url = "https://127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(exchange_when_up(*loop, request_to(url)).outcome, Outcome::refused_by_us);
}

TEST_F(HttpTls, a_peer_that_dies_does_not_signal_the_host) {
  struct sigaction before {};
  sigaction(SIGPIPE, nullptr, &before);
  on_a_worker([] {
    TlsServer server;
    HttpLoopOptions options;
    options.ca_file = server.ca_file();
    const auto loop = make_loop(options);
    const auto url = "https://127.0.0.1:" + std::to_string(server.port());
    EXPECT_EQ(exchange_when_up(*loop, request_to(url)).status, 200);
    server.kill();
    EXPECT_EQ(exchange(*loop, request_to(url)).outcome, Outcome::unreachable);
  });
  struct sigaction after {};
  sigaction(SIGPIPE, nullptr, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
}

}  // namespace
}  // namespace llmtrace::net
