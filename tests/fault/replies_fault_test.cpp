// Row 9: all that a service, or what stands in front of it, can answer; seen from the books.
#include "fault/numbered_spans.hpp"
#include "fault/oracle_checks.hpp"
#include "support/fault_server.hpp"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

// A tracer over a scripted service, and all that it told.
class RepliesFault : public ::testing::Test {
 protected:
  Options options() {
    Options made = options_for(server.url());
    made.live = false;  // a trace's header comes with the root only, so that requests can be counted
    made.batch.flush_interval = 1h;
    made.retry.request_timeout = 5s;
    made.on_error = [this](const Diagnostic& told) {
      const std::lock_guard lock{mutex_};
      kinds_.push_back(told.kind);
    };
    return made;
  }
  std::vector<std::string> kinds() {
    const std::lock_guard lock{mutex_};
    return kinds_;
  }
  // 10 spans below one root, so that the first request carries 11 spans and the second one header.
  void trace_ten(const Tracer& tracer, int first) {
    TraceScope trace{tracer, "request"};
    for (int i = first; i < first + 10; ++i) trace_number(i);
  }
  static void trace_number(int number) {
    Span span{"numbered", SpanKind::tool};
    fill_numbered(span, number);
  }

  // Waits next to nothing between two tries.
  Options quick() {
    Options made = options();
    made.retry.initial_backoff = 1ms;
    made.retry.max_backoff = 1ms;
    return made;
  }
  void break_on(std::set<int> bad) {
    server.otherwise([bad = std::move(bad)](const ReceivedRequest& request) {
      const bool breaks =
          std::any_of(bad.begin(), bad.end(), [&](int number) { return carries(request, number); });
      return breaks ? reply(500) : accept();
    });
  }
  static ::testing::AssertionResult lost_only_one_of_a_hundred(const Stats& stats) {
    const ExporterStats& books = stats.exporters.at(0);
    if (books.acknowledged == 99 && books.dropped.rejected == 1) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << text_of(stats);
  }

  FaultServer server;

 private:
  std::mutex mutex_;
  std::vector<std::string> kinds_;
};

TEST_F(RepliesFault, a_lost_reply_makes_the_resend_invisible) {
  Tracer tracer{options()};
  server.enqueue(lose_reply());
  trace_ten(tracer, 0);
  EXPECT_TRUE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, 11U);
  EXPECT_EQ(arrived(server.oracle()).most_received, 2U);
  EXPECT_TRUE(holds_exactly(server.oracle(), 10));
}

TEST_F(RepliesFault, what_the_service_refuses_is_lost_counted_and_told_once) {
  for (const int status : {400, 401, 403, 404, 422, 301}) {
    server.otherwise(reply(status, {{"Location", server.url() + "/elsewhere"}}));
    const std::size_t before = server.oracle().request_count();
    const std::size_t told = kinds().size();
    Tracer tracer{options()};
    for (int i = 0; i < 3; ++i) {
      trace_ten(tracer, i * 10);
      EXPECT_FALSE(tracer.flush(20s));
    }
    EXPECT_TRUE(tracer.close());
    const Stats stats = tracer.stats();
    EXPECT_TRUE(balanced(stats));
    EXPECT_EQ(stats.exporters.at(0).dropped.rejected, 33U) << status;
    EXPECT_EQ(stats.exporters.at(0).headers_dropped, 3U);
    EXPECT_EQ(server.oracle().request_count() - before, 6U)
        << status << ": tried once each, and not followed";
    EXPECT_EQ(kinds().size() - told, 1U) << status;
  }
  EXPECT_EQ(server.oracle().committed_spans(), 0U);
  EXPECT_TRUE(holds_exactly(server.oracle(), 0));
}

TEST_F(RepliesFault, a_batch_that_is_too_large_is_halved_and_one_item_blocks_nobody) {
  server.otherwise([](const ReceivedRequest& request) {
    const bool is_large = Oracle::items_of(request.json).size() > 4;
    return is_large || carries(request, 3) ? reply(413) : accept();
  });
  Tracer tracer{options()};
  trace_ten(tracer, 0);
  EXPECT_FALSE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).dropped.rejected, 1U);
  EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, 10U);
  EXPECT_TRUE(holds_all_but(server.oracle(), {3}, 10));
}

// The 500s of the halving used to open the breaker, and everybody waited with the item that caused them.
TEST_F(RepliesFault, an_item_that_breaks_the_service_blocks_nobody) {
  break_on({0, 150, 299});  // the first, the middle and the last one of a batch
  for (int first = 0; first < 300; first += 100) {
    Tracer tracer{quick()};
    trace_numbers(tracer, first, 100);
    EXPECT_FALSE(tracer.flush(20s)) << first;
    EXPECT_TRUE(lost_only_one_of_a_hundred(tracer.stats())) << first;
    EXPECT_TRUE(tracer.close(20s));
    EXPECT_TRUE(balanced(tracer.stats()));
  }
  EXPECT_TRUE(holds_all_but(server.oracle(), {0, 150, 299}, 300));
}

// A close used to lose all of them at its first 500.
TEST_F(RepliesFault, an_item_that_breaks_the_service_is_lost_alone_at_the_close_too) {
  break_on({0, 150, 299});
  for (int first = 0; first < 300; first += 100) {
    Tracer tracer{quick()};
    trace_numbers(tracer, first, 100);
    EXPECT_TRUE(tracer.close(20s)) << first;
    EXPECT_TRUE(lost_only_one_of_a_hundred(tracer.stats())) << first;
    EXPECT_TRUE(balanced(tracer.stats()));
  }
  EXPECT_TRUE(holds_all_but(server.oracle(), {0, 150, 299}, 300));
}

TEST_F(RepliesFault, a_service_that_breaks_on_everything_is_not_hammered) {
  server.otherwise(reply(500));
  Tracer tracer{quick()};
  trace_numbers(tracer, 0, 100);
  EXPECT_FALSE(tracer.flush(1s));
  EXPECT_LE(server.oracle().request_count(), 10U);
  EXPECT_FALSE(tracer.close(10s));
  EXPECT_LE(server.oracle().request_count(), 20U);  // the search has begun anew, for once
  const ExporterStats books = tracer.stats().exporters.at(0);
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(books.acknowledged, 0U);
  EXPECT_EQ(books.dropped.shutdown + books.dropped.rejected, 100U);
  EXPECT_TRUE(holds_exactly(server.oracle(), 0));
}

TEST_F(RepliesFault, a_wait_that_is_asked_for_is_obeyed_and_a_senseless_one_is_clamped) {
  struct Case {
    const char* retry_after;
    bool at_once;
  };
  int first = 0;
  for (const Case& one : {Case{"1", false}, Case{"-5", true}, Case{"0", true}, Case{"nan", true},
                          Case{"", true}, Case{"Thu, 01 Jan 1970 00:00:00 GMT", true},
                          Case{"9223372036854775808", false}, Case{"Fri, 31 Dec 9999 23:59:59 GMT", false}}) {
    server.enqueue(reply(429, {{"Retry-After", one.retry_after}}));
    Options quick = options();
    quick.retry.max_backoff = 300ms;  // also the most that a service may ask for
    Tracer tracer{quick};
    trace_ten(tracer, first);
    const std::int64_t begin = monotonic_now();
    EXPECT_TRUE(tracer.flush(20s)) << one.retry_after;
    if (!one.at_once) {
      EXPECT_GE(monotonic_now() - begin, 280'000'000) << one.retry_after;
    }
    EXPECT_TRUE(tracer.close());
    EXPECT_TRUE(balanced(tracer.stats()));
    EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, 11U);
    first += 10;
  }
  EXPECT_TRUE(holds_exactly(server.oracle(), first));
}

TEST_F(RepliesFault, what_passes_is_tried_again) {
  int first = 0;
  for (const Action& action : {reply(408), reply(429), reply(502), reply(503), reply(504), reply(500),
                               reset_before_reading(), reset_after_reading(), cut_reply(), html_page(),
                               gzip_bomb(), endless_reply(), endless_headers(), reply(200), reply(204),
                               reply(200, {}, "{\"accepted\":"), reply(200, {}, std::string(100'000, '['))}) {
    server.enqueue(action, 2);
    Tracer tracer{options()};
    trace_ten(tracer, first);
    EXPECT_TRUE(tracer.flush(20s)) << "reply of " << first / 10;
    EXPECT_TRUE(tracer.close());
    EXPECT_TRUE(balanced(tracer.stats()));
    EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, 11U);
    first += 10;
  }
  EXPECT_TRUE(holds_exactly(server.oracle(), first));
}

TEST_F(RepliesFault, only_the_items_that_were_rejected_are_lost) {
  server.enqueue(reject_items({0, 4, 9}));
  Tracer tracer{options()};
  trace_ten(tracer, 0);
  EXPECT_FALSE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_EQ(tracer.stats().exporters.at(0).dropped.rejected, 3U);
  EXPECT_EQ(tracer.stats().exporters.at(0).acknowledged, 8U);
  EXPECT_EQ(arrived(server.oracle()).most_received, 1U);
  EXPECT_TRUE(holds_all_but(server.oracle(), {0, 4, 9}, 10));
}

TEST_F(RepliesFault, a_captive_portal_costs_nothing_but_time) {
  server.enqueue(html_page(), 3);
  Tracer tracer{options()};
  trace_ten(tracer, 0);
  EXPECT_TRUE(tracer.flush(20s));
  EXPECT_EQ(kinds(), std::vector<std::string>{"unusable_reply"});
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 10));
}

TEST_F(RepliesFault, a_connection_that_was_closed_meanwhile_is_no_failure) {
  server.otherwise(accept().then_close());
  Tracer tracer{options()};
  for (int i = 0; i < 10; ++i) {
    trace_ten(tracer, i * 10);
    EXPECT_TRUE(tracer.flush(20s));
  }
  EXPECT_TRUE(kinds().empty());
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 100));
}

TEST_F(RepliesFault, a_reply_in_single_bytes_is_a_reply) {
  server.otherwise(drip());
  Tracer tracer{options()};
  trace_ten(tracer, 0);
  EXPECT_TRUE(tracer.flush(20s));
  EXPECT_TRUE(tracer.close());
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 10));
}

TEST_F(RepliesFault, what_is_too_old_is_expired_and_counted) {
  server.otherwise(reply(503));
  Options impatient = options();
  impatient.retry.max_age = 50ms;
  Tracer tracer{impatient};
  trace_ten(tracer, 0);
  EXPECT_FALSE(tracer.flush(20s));
  EXPECT_EQ(tracer.stats().exporters.at(0).dropped.expired, 11U);
  server.otherwise(accept());
  trace_ten(tracer, 10);
  EXPECT_TRUE(tracer.close(20s));
  EXPECT_TRUE(balanced(tracer.stats()));
  EXPECT_TRUE(holds_exactly(server.oracle(), 10, 10));
}

}  // namespace
}  // namespace llmtrace::testing_support
