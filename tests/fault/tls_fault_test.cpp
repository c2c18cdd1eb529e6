// Row 14: connections that break, and a host that uses curl as well.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"
#include "support/tls_server.hpp"

#include <curl/curl.h>

#include <csignal>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

class SigpipeWatch {
 public:
  SigpipeWatch() { ::sigaction(SIGPIPE, nullptr, &before_); }
  // Still what it was: the default, which would have ended this process.
  [[nodiscard]] bool unchanged() const {
    struct sigaction now {};
    ::sigaction(SIGPIPE, nullptr, &now);
    return now.sa_handler == before_.sa_handler && before_.sa_handler == SIG_DFL;
  }

 private:
  struct sigaction before_ {};
};

TEST(BrokenPipeFault, of_tls_raises_no_signal_in_the_host) {
  if (!TlsServer::available()) GTEST_SKIP() << "there is no openssl program";
  const SigpipeWatch sigpipe;
  for (int i = 0; i < 3; ++i) {
    TlsServer server;
    Options options = options_for("https://127.0.0.1:" + std::to_string(server.port()));
    options.ca_file = server.ca_file();
    options.live = false;
    Tracer tracer{options};
    trace_number(tracer, 0);
    ASSERT_TRUE(tracer.flush(20s));
    if (i == 0) trace_numbers(tracer, 1, 2000);  // on the way when the peer dies
    server.kill();
    trace_numbers(tracer, 2001, 2000);
    EXPECT_FALSE(tracer.flush(100ms));
    if (i == 1) trace_numbers(tracer, 4001, 10);
    EXPECT_FALSE(tracer.close(300ms));
    EXPECT_TRUE(balanced(tracer.stats()));
    EXPECT_TRUE(holds_only_whole(server.oracle()));
    const auto numbers = arrived(server.oracle()).numbers;
    EXPECT_EQ(numbers.count(0), 1U);
    EXPECT_EQ(numbers.lower_bound(2001), numbers.end()) << "what came later has nobody to go to";
    EXPECT_LE(tracer.stats().exporters.at(0).acknowledged, numbers.size());
    EXPECT_TRUE(sigpipe.unchanged());
  }
}

TEST(BrokenPipeFault, of_plain_http_raises_none_either) {
  const SigpipeWatch sigpipe;
  FaultServer server;
  for (int i = 0; i < 5; ++i) {
    server.enqueue(reset_before_reading());
    server.enqueue(reset_after_reading());
  }
  {
    Tracer tracer{options_for(server.url())};
    const std::string large(900'000, 'l');
    for (int i = 0; i < 10; ++i) {
      Span span{tracer, "large"};
      span.set_input(large);
    }
    trace_numbers(tracer, 0, 100);
    static_cast<void>(tracer.flush(200ms));
    EXPECT_TRUE(sigpipe.unchanged());
    tracer.close(20s);
    EXPECT_TRUE(balanced(tracer.stats()));
  }
  EXPECT_TRUE(sigpipe.unchanged());
  EXPECT_TRUE(holds_only_whole(server.oracle()));
}

TEST(BrokenPipeFault, is_left_to_a_host_that_handles_the_signal) {
  static std::atomic<int> signals{0};
  struct sigaction handler {};
  struct sigaction before {};
  handler.sa_handler = [](int) { ++signals; };
  ::sigaction(SIGPIPE, &handler, &before);
  {
    FaultServer server;
    server.enqueue(reset_after_reading(), 3);
    Tracer tracer{options_for(server.url())};
    trace_numbers(tracer, 0, 100);
    EXPECT_TRUE(tracer.flush(20s));
    EXPECT_TRUE(tracer.close(20s));
    EXPECT_TRUE(balanced(tracer.stats()));
    EXPECT_TRUE(holds_exactly(server.oracle(), 100));
  }
  struct sigaction now {};
  ::sigaction(SIGPIPE, &before, &now);
  EXPECT_EQ(now.sa_handler, handler.sa_handler);
  EXPECT_EQ(signals, 0);
}

// Posts with a handle of the host's own.
CURLcode post_by_hand(const std::string& url) {
  CURL* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, (url + "/by-hand").c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "{}");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(
      easy, CURLOPT_WRITEFUNCTION,
      +[](char*, std::size_t size, std::size_t count, void*) { return size * count; });
  const CURLcode result = curl_easy_perform(easy);
  curl_easy_cleanup(easy);
  return result;
}

TEST(CurlFault, of_the_host_and_ours_do_not_meet) {
  FaultServer server;
  ASSERT_EQ(curl_global_init(CURL_GLOBAL_DEFAULT), CURLE_OK);
  EXPECT_EQ(post_by_hand(server.url()), CURLE_OK);
  for (int i = 0; i < 5; ++i) {
    Tracer tracer{options_for(server.url())};
    trace_numbers(tracer, i * 20, 10);
    EXPECT_EQ(post_by_hand(server.url()), CURLE_OK);
    if (i == 2) curl_global_cleanup();  // the host's own share; ours goes on
    trace_numbers(tracer, i * 20 + 10, 10);
    EXPECT_TRUE(tracer.close(20s));
    EXPECT_TRUE(balanced(tracer.stats()));
    EXPECT_EQ(post_by_hand(server.url()), CURLE_OK);
  }
  EXPECT_TRUE(holds_exactly(server.oracle(), 100));
}

}  // namespace
}  // namespace llmtrace::testing_support
