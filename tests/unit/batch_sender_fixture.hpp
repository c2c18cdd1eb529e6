#pragma once

#include "export/batch_sender.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

// A BatchSender over a scripted service and simulated time, for the tests of its rules.
namespace llmtrace::exporting {

using namespace std::chrono_literals;
using nlohmann::json;
using Kind = EncodedBatch::Kind;
using Outcome = net::HttpReply::Outcome;
using TimePoint = BatchSender::TimePoint;

inline net::HttpReply answer(int status, std::string body = {}, std::string retry_after = {}) {
  net::HttpReply reply;
  reply.outcome = Outcome::answered;
  reply.status = status;
  reply.body = std::move(body);
  reply.retry_after = std::move(retry_after);
  return reply;
}

inline net::HttpReply failure(Outcome outcome) {
  net::HttpReply reply;
  reply.outcome = outcome;
  reply.error = "scripted";
  return reply;
}

inline net::HttpReply accepted(std::size_t count) {
  return answer(200, json{{"accepted", count}, {"rejected", json::array()}}.dump());
}

// A service in memory: it parses each body strictly and answers with what `respond` says.
class ScriptedTransport final : public Transport {
 public:
  using Respond = std::function<net::HttpReply(const std::vector<int>& ids)>;

  bool start(const PostRequest& request) noexcept override {
    if (fail_starts) return false;
    const auto body = json::parse(std::string(request.body[0]) + std::string(request.body[1]) +
                                  std::string(request.body[2]));
    EXPECT_TRUE(body.contains(request.path == "/api/spans" ? "spans" : "traces"));
    std::vector<int> ids;
    for (const auto& item : body.front()) ids.push_back(item["id"].get<int>());
    posts.push_back(ids);
    timeouts.push_back(request.timeout);
    EXPECT_FALSE(in_flight_) << "two requests at once";
    in_flight_ = true;
    return true;
  }

  std::optional<net::HttpReply> take() noexcept override {
    if (!in_flight_ || hang) return std::nullopt;
    in_flight_ = false;
    if (!queue.empty()) {
      auto reply = queue.front();
      queue.pop_front();
      return reply;
    }
    return respond ? respond(posts.back()) : accepted(posts.back().size());
  }

  void cancel() noexcept override { in_flight_ = false; }

  std::vector<std::vector<int>> posts;
  std::vector<std::chrono::milliseconds> timeouts;
  std::deque<net::HttpReply> queue;
  Respond respond;
  bool hang = false;
  bool fail_starts = false;

 private:
  bool in_flight_ = false;
};

inline EncodedBatch batch_of(int count, Kind kind = Kind::spans) {
  EncodedBatch batch;
  batch.kind = kind;
  for (int i = 0; i < count; ++i) {
    if (i != 0) batch.items.append(',');
    batch.items.append(R"({"id":)" + std::to_string(i) + "}");
    batch.ends.push_back(static_cast<std::uint32_t>(batch.items.size()));
  }
  return batch;
}

class BatchSenderTest : public testing::Test {
 protected:
  void make(RetryOptions options = {}, unsigned seed = 7) {
    options_ = options;
    sender_.emplace(transport_, options, std::minstd_rand{seed}, [this](Warning kind, std::string_view text) {
      ++warnings_[kind];
      last_warning_ = text;
    });
  }

  void submit(EncodedBatch batch) {
    if (!sender_) make();
    submitted_ = batch.size();
    half_accepted_ = TimePoint::max();
    ASSERT_TRUE(sender_->submit(std::move(batch), now_));
  }

  // Lets simulated time run from event to event; the reply of a request comes at once.
  void run_until(TimePoint end) {
    while (!sender_->idle() && !sender_->gave_up() && step_once(end)) {
    }
  }
  // False when nothing is to happen before the end.
  bool step_once(TimePoint end = TimePoint::max()) {
    const auto posts = transport_.posts.size();
    sender_->step(now_);
    collect();
    if (transport_.posts.size() != posts) return true;
    const auto next = sender_->next_event();
    if (next > end) return false;
    if (next > now_ && next != TimePoint::max()) now_ = next;
    return true;
  }
  void run() { run_until(now_ + 24h); }

  void collect() {
    const auto settled = sender_->take_settled();
    for (const auto kind : {Kind::spans, Kind::traces}) {
      auto& sum = total_.of(kind);
      const auto& part = settled.of(kind);
      sum.accepted += part.accepted;
      sum.rejected += part.rejected;
      sum.expired += part.expired;
      sum.abandoned += part.abandoned;
    }
    const bool has_half = total_.of(Kind::spans).accepted * 2 + 1 >= submitted_;
    if (has_half && half_accepted_ == TimePoint::max()) half_accepted_ = now_;
  }

  void expect_spans(std::uint64_t accepted, std::uint64_t rejected, std::uint64_t expired = 0,
                    std::uint64_t abandoned = 0) {
    collect();
    const auto& spans = total_.of(Kind::spans);
    EXPECT_EQ(spans.accepted, accepted);
    EXPECT_EQ(spans.rejected, rejected);
    EXPECT_EQ(spans.expired, expired);
    EXPECT_EQ(spans.abandoned, abandoned);
  }

  RetryOptions options_;
  ScriptedTransport transport_;
  std::optional<BatchSender> sender_;
  TimePoint start_{1h};
  TimePoint now_ = start_;
  TimePoint half_accepted_ = TimePoint::max();  // when half of a first batch was there, less one item
  std::size_t submitted_ = 0;
  Settled total_;
  std::map<Warning, int> warnings_;
  std::string last_warning_;
};

}  // namespace llmtrace::exporting
