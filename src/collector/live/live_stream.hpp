// One reader's stream of Server-Sent Events.
#pragma once

#include "collector/http/message.hpp"
#include "collector/live/live_feed.hpp"

#include <chrono>
#include <optional>

namespace llmtrace::collector::live {

class LiveStream final : public http::BodySource {
 public:
  // `last`: what the reader has seen; nothing for a new one.
  LiveStream(LiveFeed& feed, std::string project, std::optional<std::uint64_t> last);
  ~LiveStream() override;

  Next next(std::string& out) override;
  void on_start(std::function<void()>&& wake) override;

 private:
  using Clock = std::chrono::steady_clock;

  void greet(std::string& out, std::string_view event);

  LiveFeed& feed_;
  std::string project_;
  std::optional<std::uint64_t> last_;
  std::optional<LiveFeed::Reader> reader_;
  Clock::time_point last_sent_ = Clock::now();
};

}  // namespace llmtrace::collector::live
