// Programs' own calls of libcurl, which the tests here make as a program would that knows nothing of tracing.
#pragma once

#include "support/fault_server.hpp"
#include "support/tracing.hpp"
#include <llmtrace/instrument.hpp>
#include <llmtrace/llmtrace.hpp>

#include <curl/curl.h>

#include <memory>
#include <string>

namespace llmtrace::testing_support {

struct FreeHandle {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;
struct FreeMulti {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};
using Multi = std::unique_ptr<CURLM, FreeMulti>;

inline constexpr const char* chat_body = R"({"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]})";
inline constexpr const char* chat_reply =
    R"({"id":"c1","choices":[{"index":0,"message":{"role":"assistant",)"
    R"("content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,)"
    R"("total_tokens":10}})";

inline std::size_t append_to(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

class Instrumented : public ::testing::Test {
 protected:
  Instrumented() {
    server_.otherwise(reply(200, {{"Content-Type", "application/json"}}, chat_reply));
    enable_auto_tracing();
    handle_ = make_handle();
  }
  ~Instrumented() override {
    handle_.reset();
    uninstrument("curl");
  }

  // Ready for a call; what comes is in received().
  [[nodiscard]] Handle make_handle(const char* path = "/v1/chat/completions?key=SECRET") {
    Handle handle{curl_easy_init()};
    curl_easy_setopt(handle.get(), CURLOPT_URL, (server_.url() + path).c_str());
    curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(handle.get(), CURLOPT_NOPROXY, "*");
    curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &append_to);
    curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &received_);
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, chat_body);
    return handle;
  }
  template <class Value>
  void set(CURLoption option, Value value) {
    ASSERT_EQ(curl_easy_setopt(handle_.get(), option, value), CURLE_OK);
  }
  CURLcode perform() { return curl_easy_perform(handle_.get()); }
  [[nodiscard]] CURL* handle() const { return handle_.get(); }
  [[nodiscard]] SpanData only_span() {
    const auto spans = tracing_.spans();
    EXPECT_EQ(spans.size(), 1U);
    return spans.empty() ? SpanData{} : spans.front();
  }
  [[nodiscard]] SpanData last_span() {
    const auto spans = tracing_.spans();
    return spans.empty() ? SpanData{} : spans.back();
  }
  [[nodiscard]] static std::string text_of(const RecordedValue& value) { return value.text; }

  static void run(CURLM* multi) {
    int running = 1;
    while (running != 0) {
      ASSERT_EQ(curl_multi_perform(multi, &running), CURLM_OK);
      if (running != 0) {
        ASSERT_EQ(curl_multi_poll(multi, nullptr, 0, 1000, nullptr), CURLM_OK);
      }
    }
  }
  static int take_messages(CURLM* multi) {
    int left = 0;
    int taken = 0;
    while (curl_multi_info_read(multi, &left) != nullptr) ++taken;
    return taken;
  }

  FaultServer server_;
  Tracing tracing_;
  std::string received_;
  Handle handle_;
};

}  // namespace llmtrace::testing_support
