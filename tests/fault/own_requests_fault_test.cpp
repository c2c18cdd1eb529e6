// Row 15: what the exporter itself sends by libcurl is no call of the host's.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"
#include <llmtrace/instrument.hpp>

#include <curl/curl.h>

#include <memory>
#include <vector>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

constexpr const char* host_path = "/v1/chat/completions";

CURLcode call_a_model(const std::string& url) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy{curl_easy_init(), &curl_easy_cleanup};
  curl_easy_setopt(easy.get(), CURLOPT_URL, (url + host_path).c_str());
  curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, R"({"model":"gpt-4o","messages":[]})");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(
      easy.get(), CURLOPT_WRITEFUNCTION,
      +[](char*, std::size_t size, std::size_t count, void*) { return size * count; });
  return curl_easy_perform(easy.get());
}

// Whatever goes to this machine, so that only who sends it tells the requests of the exporter apart.
class OwnRequestsFault : public ::testing::Test {
 protected:
  OwnRequestsFault() {
    server.otherwise([](const ReceivedRequest& request) {
      return request.path == host_path ? reply(200, {{"Content-Type", "application/json"}}, "{}") : accept();
    });
    InstrumentOptions everything;
    everything.methods = {"127.0.0.1"};
    everything.propagate_to = {"127.0.0.1"};
    const auto results = enable_auto_tracing({"curl"}, everything);
    EXPECT_TRUE(!results.empty() && results.front().ok());
  }
  ~OwnRequestsFault() override { uninstrument("curl"); }

  std::vector<std::string> paths_with_a_context() const {
    std::vector<std::string> paths;
    for (const ReceivedRequest& request : server.oracle().requests())
      if (request.headers.count("traceparent") != 0) paths.push_back(request.path);
    return paths;
  }

  FaultServer server;
};

TEST_F(OwnRequestsFault, are_never_traced) {
  constexpr int count = 50;
  const auto guard = Tracer::init(options_for(server.url()));
  for (int i = 0; i < count; ++i) {
    if (i % 10 == 0) server.enqueue(i % 20 == 0 ? reply(503) : reset_after_reading());
    trace_number(i);
    EXPECT_TRUE(Tracer::get().flush(20s));
  }
  EXPECT_TRUE(Tracer::get().close(20s));
  const Stats stats = Tracer::get().stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(stats.started, static_cast<std::uint64_t>(count));
  EXPECT_EQ(server.oracle().committed_spans(), static_cast<std::size_t>(count));
  EXPECT_TRUE(holds_exactly(server.oracle(), count));
}

// Each call of the host is one span, and sending it makes no further one.
TEST_F(OwnRequestsFault, are_told_from_those_of_the_host) {
  constexpr int count = 10;
  const auto guard = Tracer::init(options_for(server.url()));
  for (int i = 0; i < count; ++i) {
    {
      TraceScope trace{"request"};
      EXPECT_EQ(call_a_model(server.url()), CURLE_OK);
    }
    trace_number(i);
    EXPECT_TRUE(Tracer::get().flush(20s));
  }
  EXPECT_TRUE(Tracer::get().close(20s));
  const Stats stats = Tracer::get().stats();
  EXPECT_TRUE(balanced(stats));
  EXPECT_EQ(stats.started, 3U * count) << "a request, its call of a model, and a numbered span";
  EXPECT_EQ(paths_with_a_context(), std::vector<std::string>(count, host_path));
  EXPECT_EQ(server.oracle().committed_spans(), 3U * count);
  EXPECT_TRUE(holds_exactly(server.oracle(), count));
}

}  // namespace
}  // namespace llmtrace::testing_support
