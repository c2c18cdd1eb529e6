#include "export/user_sink.hpp"

#include "support/record_builder.hpp"

#include <gtest/gtest.h>

#include <pthread.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace llmtrace::exporting {
namespace {

using testing_support::RecordBuilder;

class Scripted final : public Exporter {
 public:
  bool export_batch(const std::vector<SpanData>& spans, const std::vector<TraceData>& traces) override {
    for (const auto& span : spans) names.push_back(span.name);
    for (const auto& trace : traces) names.push_back("trace " + trace.name);
    if (what == 1) return false;
    if (what == 2) throw std::runtime_error{"boom"};
    if (what == 3) throw 5;
    if (what == 4) pthread_exit(nullptr);
    return true;
  }
  [[nodiscard]] std::string name() const override { return "mine"; }

  int what = 0;
  std::vector<std::string> names;
};

class UserSinkTest : public testing::Test {
 protected:
  void add() {
    RecordBuilder root{"chat"};
    root.trace_root();
    EXPECT_TRUE(sink_.add_span(root.view()));
    EXPECT_TRUE(sink_.add_trace({root.view(), TraceState::ended, {}}));
  }

  std::shared_ptr<Scripted> exporter_ = std::make_shared<Scripted>();
  core::ClockMap clock_;
  std::vector<std::string> warnings_;
  UserSink sink_{exporter_, &clock_, {2, 1u << 20}, [this](Warning, std::string_view text) {
                   warnings_.emplace_back(text);
                 }};
};

TEST_F(UserSinkTest, hands_over_spans_and_traces) {
  EXPECT_EQ(sink_.name(), "mine");
  add();
  sink_.send({});
  EXPECT_EQ(exporter_->names, (std::vector<std::string>{"chat", "trace chat"}));
  const SinkTally tally = sink_.take_settled();
  EXPECT_EQ(tally.acknowledged, 1U);
  EXPECT_EQ(tally.headers_sent, 1U);
  sink_.send({});
  EXPECT_EQ(exporter_->names.size(), 2U) << "no empty batches";
}

TEST_F(UserSinkTest, survives_whatever_the_exporter_does) {
  for (exporter_->what = 1; exporter_->what <= 3; ++exporter_->what) {
    add();
    sink_.send({});
    const SinkTally tally = sink_.take_settled();
    EXPECT_EQ(tally.rejected, 1U);
    EXPECT_EQ(tally.headers_dropped, 1U);
    EXPECT_EQ(tally.acknowledged, 0U);
  }
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_EQ(warnings_[0], "exporter mine threw: boom; its batch is lost");
}

// A catch that swallows the unwinding of a thread ends the process.
TEST_F(UserSinkTest, lets_an_exporter_end_its_thread) {
  exporter_->what = 4;
  add();
  pthread_t thread{};
  const auto run = [](void* sink) -> void* {
    static_cast<UserSink*>(sink)->send({});
    return sink;
  };
  ASSERT_EQ(pthread_create(&thread, nullptr, run, &sink_), 0);
  void* result = &sink_;
  ASSERT_EQ(pthread_join(thread, &result), 0);
  EXPECT_EQ(result, nullptr) << "it did not come back";
  EXPECT_EQ(sink_.take_settled().acknowledged, 0U);
  sink_.abandon();
  EXPECT_EQ(sink_.take_settled().shutdown, 1U);
}

TEST_F(UserSinkTest, takes_no_more_than_a_batch) {
  add();
  add();
  RecordBuilder third{"third"};
  EXPECT_FALSE(sink_.add_span(third.view()));
  EXPECT_FALSE(sink_.add_trace({third.view(), TraceState::running, {}}));
}

}  // namespace
}  // namespace llmtrace::exporting
