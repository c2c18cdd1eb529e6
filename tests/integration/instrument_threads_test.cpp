#include "instrument_fixture.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace llmtrace::testing_support {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int times = 50;  // each takes ten times as long, and is looked at more closely
#else
constexpr int times = 500;
#endif

// Handles come and go, and with them their addresses, while the hooks do.
TEST_F(Instrumented, comes_and_goes_many_times_under_calls) {
  constexpr int most_answered = 40;
  std::atomic<bool> stop{false};
  std::atomic<int> failures{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] {
      for (int call = 0; !stop.load(); ++call) {
        // The server keeps a thread for each connection: of the later ones nobody answers.
        const bool is_answered = call < most_answered;
        std::string received;
        const Handle handle = make_handle();
        curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &received);
        if (!is_answered)
          curl_easy_setopt(handle.get(), CURLOPT_URL, "http://127.0.0.1:1/v1/chat/completions");
        const CURLcode code = curl_easy_perform(handle.get());
        const bool is_right =
            is_answered ? code == CURLE_OK && received == chat_reply : code == CURLE_COULDNT_CONNECT;
        if (!is_right) failures.fetch_add(1);
      }
    });
  }
  for (int i = 0; i < times; ++i) {
    EXPECT_TRUE(enable_auto_tracing().front().ok());
    uninstrument("curl");
  }
  stop.store(true);
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failures.load(), 0);
}

TEST_F(Instrumented, calls_on_many_threads_are_all_seen) {
  constexpr int per_thread = 25;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int j = 0; j < per_thread; ++j) {
        std::string received;
        const Handle handle = make_handle();
        curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &received);
        EXPECT_EQ(curl_easy_perform(handle.get()), CURLE_OK);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(tracing_.spans().size(), 4U * per_thread);
}

}  // namespace
}  // namespace llmtrace::testing_support
