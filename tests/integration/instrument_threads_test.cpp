#include "instrument_fixture.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace llmtrace::testing_support {
namespace {

// Handles come and go, and with them their addresses, while the hooks do.
TEST_F(Instrumented, comes_and_goes_five_hundred_times_under_calls) {
  std::atomic<bool> stop{false};
  std::atomic<int> failures{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] {
      while (!stop.load()) {
        std::string received;
        const Handle handle = make_handle();
        curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &received);
        if (curl_easy_perform(handle.get()) != CURLE_OK || received != chat_reply) failures.fetch_add(1);
      }
    });
  }
  for (int i = 0; i < 500; ++i) {
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
