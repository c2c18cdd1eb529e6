#include "export/http_transport.hpp"

#include "export/batch_sender.hpp"
#include "support/fault_server.hpp"
#include "support/http_loop_driver.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace llmtrace::exporting {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using Clock = std::chrono::steady_clock;

EncodedBatch batch_of(int first, int count) {
  EncodedBatch batch;
  for (int i = first; i < first + count; ++i) {
    if (i != first) batch.items.append(',');
    batch.items.append(R"({"trace_id":"t","span_id":")" + std::to_string(i) + R"("})");
    batch.ends.push_back(static_cast<std::uint32_t>(batch.items.size()));
  }
  return batch;
}

// The sender over the real client and a real socket, driven as the worker drives it.
class Delivery {
 public:
  explicit Delivery(const std::string& url, bool gzip = false)
      : loop_(make_loop()),
        transport_(*loop_, {url, net::Secret("project-a"), "1.2.3", gzip}),
        sender_(transport_, quick(), std::minstd_rand{1}, nullptr) {}

  Tally deliver(EncodedBatch batch) {
    EXPECT_TRUE(sender_.submit(std::move(batch), Clock::now()));
    const auto deadline = test_deadline();
    for (;;) {
      sender_.step(Clock::now());
      if (sender_.idle() || Clock::now() >= deadline) break;
      const auto next = std::min(sender_.next_event(), deadline);
      loop_->poll(std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()));
    }
    EXPECT_TRUE(sender_.idle());
    return sender_.take_settled().of(EncodedBatch::Kind::spans);
  }

 private:
  static RetryOptions quick() {
    RetryOptions options;
    options.initial_backoff = 1ms;
    options.max_backoff = 5ms;
    options.request_timeout = 300ms;
    options.breaker_cool_down = 5ms;
    options.breaker_jitter = 1ms;
    return options;
  }

  std::unique_ptr<net::HttpLoop> loop_;
  HttpTransport transport_;
  BatchSender sender_;
};

TEST(HttpTransport, names_the_service_the_key_and_itself) {
  FaultServer server;
  Delivery delivery(server.url() + "/base/");
  EXPECT_EQ(delivery.deliver(batch_of(0, 2)).accepted, 2U);
  const auto seen = server.oracle().requests().at(0);
  EXPECT_EQ(seen.path, "/base/api/spans");
  EXPECT_EQ(seen.headers.at("x-api-key"), "project-a");
  EXPECT_EQ(seen.headers.at("user-agent"), "llmtrace-cpp/1.2.3");
  EXPECT_EQ(seen.headers.at("content-type"), "application/json");
}

TEST(HttpTransport, compresses_bodies_above_a_kibibyte) {
  FaultServer server;
  Delivery delivery(server.url(), true);
  EXPECT_EQ(delivery.deliver(batch_of(0, 2)).accepted, 2U);
  EXPECT_EQ(delivery.deliver(batch_of(0, 200)).accepted, 200U);
  EXPECT_EQ(server.oracle().requests().at(0).headers.count("content-encoding"), 0U);
  EXPECT_EQ(server.oracle().requests().at(1).headers.at("content-encoding"), "gzip");
}

TEST(HttpTransport, delivers_every_span_whatever_the_service_does) {
  FaultServer server;
  for (const auto& fault : {lose_reply(), reset_before_reading(), reset_after_reading(), cut_reply(), hang(),
                            endless_reply(), endless_headers(), gzip_bomb(), html_page(), reply(408),
                            reply(429), reply(500), reply(502), reply(503, {{"Retry-After", "-1"}}),
                            reply(504), reply(413), reply(204), accept().then_close(), drip()}) {
    server.enqueue(fault);
    server.enqueue(accept());
  }
  Delivery delivery(server.url());
  std::uint64_t accepted = 0;
  for (int round = 0; round < 20; ++round) accepted += delivery.deliver(batch_of(round * 50, 50)).accepted;
  EXPECT_EQ(accepted, 1000U);
  EXPECT_EQ(server.oracle().committed_spans(), 1000U);
  EXPECT_TRUE(server.oracle().violations().empty());
}

TEST(HttpTransport, settles_each_item_as_the_service_counted_it) {
  FaultServer server;
  server.otherwise([](const ReceivedRequest& request) {
    const auto count = Oracle::items_of(request.json).size();
    if (count > 8) return reply(413);
    return request.body.find(R"("span_id":"13")") != std::string::npos && count > 1 ? reply(500)
           : count == 1                                                             ? reply(500)
                                                                                    : reject_items({0});
  });
  Delivery delivery(server.url());
  const auto tally = delivery.deliver(batch_of(0, 64));
  EXPECT_EQ(tally.accepted, server.oracle().committed_spans());
  EXPECT_EQ(tally.accepted + tally.rejected, 64U);
  EXPECT_EQ(server.oracle().spans().at({"t", "13"}).committed, 0U);
}

}  // namespace
}  // namespace llmtrace::exporting
