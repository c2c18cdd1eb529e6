// Options whose effect shows when the exporter is slow, when the tracer closes, or in a long body.
#include "options_outcome.hpp"
#include "support/fault_server.hpp"
#include "support/scoped_environment.hpp"

#include <chrono>
#include <future>

namespace llmtrace {
namespace {

using std::chrono::milliseconds;
using testing_support::FaultServer;
using testing_support::ScopedEnvironment;

// Holds the first batch until it is let go.
class SlowExporter final : public Exporter {
 public:
  bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override {
    if (!std::exchange(came_, true)) {
      begun_.set_value();
      released_.get_future().wait();
    }
    return true;
  }
  void wait_until_busy() { begun_.get_future().wait(); }
  void release() { released_.set_value(); }

 private:
  bool came_ = false;
  std::promise<void> begun_, released_;
};

// How many of 32 spans with 32 KiB each find no room while the exporter is busy.
std::uint64_t dropped_of_a_mebibyte(const Tracing::Adjust& adjust = {}) {
  const auto exporter = std::make_shared<SlowExporter>();
  Options options;
  options.exporters = {exporter};
  options.batch.flush_interval = milliseconds{1};
  if (adjust) adjust(options);
  Tracer tracer{options};
  { Span first{tracer, "first"}; }
  exporter->wait_until_busy();
  const std::string text(32u << 10, 't');
  for (int i = 0; i < 32; ++i) Span{tracer, "step"}.set_input(text);
  const std::uint64_t dropped = tracer.stats().dropped_before.journal_full;
  exporter->release();
  EXPECT_TRUE(tracer.close(std::chrono::seconds{20}));
  EXPECT_TRUE(balanced(tracer.stats()));
  return dropped;
}

TEST(Options, the_memory_limit_comes_from_the_environment) {
  EXPECT_EQ(dropped_of_a_mebibyte(), 0U) << "of 32 MiB";
  const ScopedEnvironment environment{"TRACER_MEMORY_LIMIT", "262144"};
  EXPECT_GT(dropped_of_a_mebibyte(), 0U);
  EXPECT_EQ(dropped_of_a_mebibyte([](Options& options) { options.limits.memory = 4u << 20; }), 0U);
}

// Whether a span that is sent at the close alone arrives.
bool arrives_at_the_close(const Tracing::Adjust& adjust) {
  FaultServer server;
  Options options;
  options.url = server.url();
  options.batch.flush_interval = std::chrono::hours{1};
  if (adjust) adjust(options);
  Tracer tracer{options};
  { Span span{tracer, "last"}; }
  const bool closed = tracer.close();
  EXPECT_EQ(server.oracle().committed_spans(), closed ? 1U : 0U);
  return closed;
}

TEST(Options, the_shutdown_timeout_comes_from_the_environment) {
  const ScopedEnvironment environment{"TRACER_SHUTDOWN_TIMEOUT_MS", "0"};
  EXPECT_FALSE(arrives_at_the_close({}));
  EXPECT_TRUE(
      arrives_at_the_close([](Options& options) { options.shutdown_timeout = std::chrono::hours{1}; }));
}

// To close() a negative time means the configured one, which must not be one as well.
TEST(Options, a_negative_shutdown_timeout_is_none) {
  for (const milliseconds time : {milliseconds{-1}, milliseconds::min()}) {
    const auto memory = std::make_shared<MemoryExporter>();
    Options options = test_options(memory);
    options.batch.flush_interval = std::chrono::hours{1};
    options.shutdown_timeout = time;
    TracerGuard guard = Tracer::init(options);
    { Span span{"last"}; }
    EXPECT_FALSE(guard.close());
    EXPECT_TRUE(memory->spans().empty());
    const Stats stats = guard.stats();
    EXPECT_EQ(stats.exporters.at(0).dropped.shutdown, 1U);
    EXPECT_TRUE(balanced(stats));
  }
}

TEST(Options, the_capture_limit_comes_from_the_environment) {
  const ScopedEnvironment environment{"TRACER_MAX_CAPTURE_BYTES", "16384"};
  const std::string body =
      R"({"model":"gpt-4o","messages":[{"role":"user","content":")" + std::string(100'000, 'a') + R"("}]})";
  for (const bool read : {true, false}) {
    Tracing tracing{[read](Options& options) { options.read_environment = read; }};
    { Span{"call", SpanKind::llm}.record_request(body); }
    using ::testing::Pair;
    EXPECT_THAT(tracing.span("call").truncated,
                ::testing::Contains(Pair("request_body", static_cast<std::int64_t>(body.size())))
                    .Times(read ? 1 : 0));
  }
}

}  // namespace
}  // namespace llmtrace
