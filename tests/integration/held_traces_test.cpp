// Options::live = false: nothing of a trace is sent before its root has ended, and nothing of it is lost.
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/testing.hpp>

#include <gtest/gtest.h>

namespace {

using namespace llmtrace;

class HeldTraces : public ::testing::Test {
 protected:
  Options options() {
    Options made = test_options(memory_);
    made.live = false;
    return made;
  }
  std::shared_ptr<MemoryExporter> memory_ = std::make_shared<MemoryExporter>();
};

TEST_F(HeldTraces, wait_for_their_roots) {
  const auto tracing = Tracer::init(options());
  {
    TraceScope trace{"request"};
    { const Span step{"step"}; }
    { const Span other{"other"}; }
    Tracer::get().flush();
    EXPECT_TRUE(memory_->spans().empty());
    EXPECT_TRUE(memory_->traces().empty());
    EXPECT_EQ(tracing.stats().exporters.at(0).queued, 2u);
    EXPECT_TRUE(tracing.stats().balanced());
  }
  EXPECT_TRUE(Tracer::get().flush());
  EXPECT_EQ(memory_->spans().size(), 3u);
  ASSERT_EQ(memory_->traces().size(), 1u);
  EXPECT_EQ(memory_->traces()[0].state, TraceData::State::ok);
  EXPECT_EQ(memory_->traces()[0].span_count, 3u);
  EXPECT_TRUE(tracing.stats().balanced());
}

TEST_F(HeldTraces, of_which_one_has_ended_do_not_keep_it_back) {
  const auto tracing = Tracer::init(options());
  ManualSpan slow = start_span("slow");
  {
    TraceScope quick{"quick", {}};
    const Span step{"step"};
  }
  EXPECT_TRUE(Tracer::get().flush());
  EXPECT_EQ(memory_->spans().size(), 2u);
  slow.end();
  EXPECT_TRUE(Tracer::get().flush());
  EXPECT_EQ(memory_->spans().size(), 3u);
}

TEST_F(HeldTraces, that_never_end_are_sent_at_the_shutdown_as_incomplete) {
  auto tracing = Tracer::init(options());
  const ManualSpan root = start_span("root");
  { const Span step{root, "step"}; }
  EXPECT_TRUE(tracing.close());
  EXPECT_TRUE(tracing.stats().balanced());
  EXPECT_EQ(memory_->spans().size(), 1u);
  ASSERT_EQ(memory_->traces().size(), 1u);
  EXPECT_EQ(memory_->traces()[0].state, TraceData::State::incomplete);
}

TEST_F(HeldTraces, let_the_oldest_go_when_there_is_too_much) {
  const auto tracing = Tracer::init(options());
  const std::string big(200'000, 'x');
  TraceScope trace{"request"};
  for (int i = 0; i < 60; ++i) Span{"step"}.set_output(big);
  Tracer::get().flush();
  EXPECT_FALSE(memory_->spans().empty());
  EXPECT_TRUE(tracing.stats().balanced());
}

}  // namespace
