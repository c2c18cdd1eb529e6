#include "net/global_init.hpp"
#include "net/proxy.hpp"
#include "support/fault_server.hpp"
#include "support/http_loop_driver.hpp"
#include "support/tls_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <dlfcn.h>
#include <mutex>
#include <string>
#include <vector>

// What curl must leave alone in a host's process. A host that calls setenv while the worker calls
// getenv has a data race, so after init nothing may read the environment; and the disposition of
// SIGPIPE is the host's. These definitions come before libc's for curl and its TLS library too.
namespace {

std::atomic<bool> armed{false};
std::mutex names_mutex;
std::vector<std::string> names_read;
std::atomic<int> sigpipe_changes{0};

using Getenv = char* (*)(const char*);

char* note_and_forward(const char* symbol, const char* name) {
  if (armed.load()) {
    const std::lock_guard lock(names_mutex);
    names_read.emplace_back(name);
  }
  const auto original = reinterpret_cast<Getenv>(dlsym(RTLD_NEXT, symbol));
  return original(name);
}

}  // namespace

extern "C" char* getenv(const char* name) noexcept { return note_and_forward("getenv", name); }
extern "C" char* secure_getenv(const char* name) noexcept { return note_and_forward("secure_getenv", name); }

extern "C" int sigaction(int number, const struct sigaction* action, struct sigaction* previous) noexcept {
  using Sigaction = int (*)(int, const struct sigaction*, struct sigaction*);
  if (number == SIGPIPE && action != nullptr && armed.load()) ++sigpipe_changes;
  static const auto original = reinterpret_cast<Sigaction>(dlsym(RTLD_NEXT, "sigaction"));
  return original(number, action, previous);
}

namespace llmtrace::net {
namespace {

using namespace testing_support;

class Environment : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(global_init());
    for (const char* name : proxy_names) setenv(name, proxy_.url().c_str(), 1);
  }

  void TearDown() override {
    armed = false;
    for (const char* name : proxy_names) unsetenv(name);
  }

  static std::vector<std::string> take_names() {
    const std::lock_guard lock(names_mutex);
    return std::exchange(names_read, {});
  }

  static constexpr const char* proxy_names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                                "ALL_PROXY"};
  FaultServer proxy_;
};

TEST_F(Environment, is_what_the_interposer_watches) {
  armed = true;
  EXPECT_EQ(proxy_from_environment().http, proxy_.url());
  EXPECT_FALSE(take_names().empty());
}

TEST_F(Environment, is_not_read_by_requests) {
  FaultServer server;
  armed = true;
  {
    const auto loop = make_loop();
    EXPECT_EQ(exchange(*loop, request_to(server.url())).status, 200);
    const auto by_name = "http://localhost:" + std::to_string(server.port());
    EXPECT_EQ(exchange(*loop, request_to(by_name)).status, 200);
    EXPECT_EQ(exchange(*loop, request_to(url_of_port(refused_port()))).status, 0);
  }
  EXPECT_EQ(take_names(), std::vector<std::string>{});
  EXPECT_EQ(proxy_.connection_count(), 0U);
}

TEST_F(Environment, is_not_read_by_a_tls_handshake) {
  if (!TlsServer::available()) GTEST_SKIP() << "needs the openssl program";
  TlsServer server;
  HttpLoopOptions options;
  options.ca_file = server.ca_file();
  const auto url = "https://127.0.0.1:" + std::to_string(server.port());
  const auto deadline = test_deadline();
  HttpReply reply;
  armed = true;
  while (reply.status != 200 && std::chrono::steady_clock::now() < deadline) {
    const auto loop = make_loop(options);
    reply = exchange(*loop, request_to(url));
  }
  EXPECT_EQ(reply.status, 200) << reply.error;
  EXPECT_EQ(take_names(), std::vector<std::string>{});
  EXPECT_EQ(proxy_.connection_count(), 0U);
}

TEST_F(Environment, plays_no_part_for_other_machines_either) {
  FaultServer given;
  HttpLoopOptions options;
  options.allow_plain_http = true;
  options.proxy.http = given.url();
  const auto loop = make_loop(options);
  armed = true;
  EXPECT_EQ(exchange(*loop, request_to("http://service.invalid/")).status, 200);
  EXPECT_EQ(take_names(), std::vector<std::string>{});
  EXPECT_EQ(given.oracle().request_count(), 1U);
  EXPECT_EQ(proxy_.connection_count(), 0U);
}

class SigpipeDisposition : public testing::Test {
 protected:
  SigpipeDisposition() {
    EXPECT_TRUE(global_init());
    sigpipe_changes = 0;
    armed = true;
  }
  ~SigpipeDisposition() override { armed = false; }
};

TEST_F(SigpipeDisposition, is_what_the_interposer_watches) {
  struct sigaction current {};
  sigaction(SIGPIPE, nullptr, &current);
  EXPECT_EQ(sigpipe_changes, 0);
  sigaction(SIGPIPE, &current, nullptr);
  EXPECT_EQ(sigpipe_changes, 1);
}

// Used to be set to "ignore" and back by the cleanup of a loop that had sent nothing.
TEST_F(SigpipeDisposition, is_left_alone_by_a_loop_that_sends_nothing) {
  make_loop();
  EXPECT_EQ(sigpipe_changes, 0);
}

TEST_F(SigpipeDisposition, is_left_alone_by_requests_and_by_closing_their_connections) {
  FaultServer server;
  {
    const auto loop = make_loop();
    EXPECT_EQ(exchange(*loop, request_to(server.url())).status, 200);
    EXPECT_EQ(exchange(*loop, request_to(url_of_port(refused_port()))).status, 0);
    EXPECT_EQ(exchange(*loop, request_to("http://user@127.0.0.1/")).status, 0);
    server.enqueue(hang());
    EXPECT_NE(loop->start(request_to(server.url())), 0U);
    loop->poll(std::chrono::milliseconds{1});
  }
  EXPECT_EQ(sigpipe_changes, 0);
}

}  // namespace
}  // namespace llmtrace::net
