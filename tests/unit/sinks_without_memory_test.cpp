// Every allocation of a lane's work fails once: nothing ends the process, and each span is settled once all
// the same.
#include "export/console_sink.hpp"
#include "export/events_sink.hpp"
#include "export/file_sink.hpp"
#include "export/http_sink.hpp"
#include "export/trace_book.hpp"
#include "export/user_sink.hpp"
#include "support/record_builder.hpp"
#include "support/refused_memory.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <functional>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

namespace llmtrace::exporting {
namespace {

using core::Tag;
using testing_support::allocations_left;
using testing_support::RecordBuilder;
using testing_support::TemporaryDirectory;

class NoReply final : public Transport {
 public:
  bool start(const PostRequest&) noexcept override { return true; }
  std::optional<net::HttpReply> take() noexcept override { return std::nullopt; }
  void cancel() noexcept override {}
};

// Knows one trace and one span.
class AnsweringEvents final : public Transport {
 public:
  bool start(const PostRequest&) noexcept override { return asked_ = true; }
  std::optional<net::HttpReply> take() noexcept override {
    if (!std::exchange(asked_, false)) return std::nullopt;
    const long left = std::exchange(allocations_left, -1);  // the failing memory is not this service's
    net::HttpReply reply;
    reply.outcome = net::HttpReply::Outcome::answered;
    reply.status = 200;
    reply.body = R"({"trace_id":"a-trace-with-a-long-name","span_id":"a-span-with-a-long-name"})";
    allocations_left = left;
    return reply;
  }
  void cancel() noexcept override { asked_ = false; }

 private:
  bool asked_ = false;
};

class Accepting final : public Exporter {
 public:
  bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override { return true; }
};

class SinksWithoutMemory : public testing::Test {
 protected:
  SinksWithoutMemory() {
    start_.trace_root().trace_start();
    root_.trace_root().value(Tag::metadata, "m", Json{"[1]"}).text(Tag::trace_tag, {}, "tag");
    child_.ids(root_.head().trace_low, 2, root_.head().span_id)
        .text(Tag::message, "user", std::string(200, 'x'));
    child_.text(Tag::error, "type", "boom").flags(detail::flag_error);
    for (int i = 0; i < 100; ++i) child_.value(Tag::attribute, "key" + std::to_string(i % 70), i);
    root_.head().span_id = 1;
  }

  // What a lane does with three records.
  static void run(Sink& sink, const core::RecordView& start, const core::RecordView& child,
                  const core::RecordView& root) {
    TraceBook book;
    book.saw_start(start);
    book.tell(false, [&](const TraceHeader& header) { return sink.add_trace(header); });
    for (const auto& record : {child, root}) {
      EXPECT_TRUE(sink.add_span(record));
      const auto ended = book.saw_span(record);
      EXPECT_TRUE(!ended || sink.add_trace(*ended));
    }
    sink.send({});
    // More steps than there are calls in any protocol, each later than any wait.
    for (int i = 0; i < 32; ++i) sink.step(Sink::TimePoint{} + std::chrono::seconds{i});
  }

  // Fails the first allocation, then the second, …, until nothing fails any more.
  void fail_each(const std::function<std::unique_ptr<Sink>()>& make) {
    const auto start = start_.view();
    const auto child = child_.view();
    const auto root = root_.view();
    for (long allowed = 0;; ++allowed) {
      const auto sink = make();
      allocations_left = allowed;
      run(*sink, start, child, root);
      sink->abandon();
      const bool none_failed = std::exchange(allocations_left, -1) > 0;
      const SinkTally tally = sink->take_settled();
      ASSERT_EQ(tally.acknowledged + tally.rejected + tally.out_of_memory + tally.shutdown, 2U) << allowed;
      if (none_failed) return;
      ASSERT_LT(allowed, 10'000);
    }
  }

  RecordBuilder start_{"chat", SpanKind::chain};
  RecordBuilder root_{"chat", SpanKind::chain};
  RecordBuilder child_{"a name that is longer than a short string", SpanKind::llm};
  TemporaryDirectory directory_;
  core::ClockMap clock_;
};

TEST_F(SinksWithoutMemory, http_settles_each_span) {
  fail_each([&] {
    return std::make_unique<HttpSink>(std::make_unique<NoReply>(), NativeEncoder{{{}, {}, {}, {}, &clock_}},
                                      BatchLimits{}, RetryOptions{}, std::minstd_rand{1}, nullptr);
  });
}

TEST_F(SinksWithoutMemory, events_settle_each_span) {
  const auto make = [&](std::unique_ptr<Transport> transport) {
    RetryOptions retry;
    retry.initial_backoff = retry.max_backoff = std::chrono::milliseconds{1};
    return std::make_unique<EventsSink>(std::move(transport), EventEncoder{{{}, {}, {}, {}, &clock_}},
                                        BatchLimits{}, retry, std::minstd_rand{1}, nullptr);
  };
  fail_each([&] { return make(std::make_unique<NoReply>()); });
  fail_each([&] { return make(std::make_unique<AnsweringEvents>()); });
}

TEST_F(SinksWithoutMemory, file_settles_each_span) {
  fail_each([&] {
    return std::make_unique<FileSink>(directory_.file("out"), 1'000, NativeEncoder{{{}, {}, {}, {}, &clock_}},
                                      BatchLimits{}, nullptr);
  });
}

TEST_F(SinksWithoutMemory, console_settles_each_span) {
  const int descriptor = ::open(directory_.file("console").c_str(), O_CREAT | O_WRONLY, 0600);
  fail_each([&] {
    return std::make_unique<ConsoleSink>(ConsoleOptions{descriptor, true, true}, &clock_, BatchLimits{},
                                         nullptr);
  });
  ::close(descriptor);
}

TEST_F(SinksWithoutMemory, a_users_exporter_settles_each_span) {
  fail_each([&] {
    return std::make_unique<UserSink>(std::make_shared<Accepting>(), &clock_, BatchLimits{}, nullptr);
  });
}

}  // namespace
}  // namespace llmtrace::exporting
