// A span ends on a thread that cannot have a page of counters.
#include "support/refused_memory.hpp"
#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <thread>

namespace llmtrace {
namespace {

using testing_support::balanced;
using testing_support::Tracing;
using testing_support::WithoutMemory;

// On a thread that another tracer knows, and that gets nothing more.
template <class End>
void end_without_memory(const Tracer& other, End&& end) {
  std::thread thread{[&] {
    { Span span{other, "other"}; }
    const WithoutMemory none;
    end();
  }};
  thread.join();
}

class BooksWithoutMemory : public ::testing::Test {
 protected:
  static Options quiet() { return test_options(std::make_shared<MemoryExporter>()); }

  const Tracer other_{quiet()};
};

// It was delivered and stayed open for ever in the books.
TEST_F(BooksWithoutMemory, a_span_that_ends_there_is_counted) {
  Tracing tracing;
  ManualSpan first = start_span("first");
  ManualSpan second = start_span("second");
  end_without_memory(other_, [&] {
    first.end();
    second.end();
  });
  EXPECT_EQ(tracing.spans().size(), 2U);
  const Stats stats = tracing.stats();
  EXPECT_EQ(stats.started, 2U);
  EXPECT_EQ(stats.open, 0U);
  EXPECT_EQ(stats.ended, 2U);
  EXPECT_TRUE(balanced(stats));
}

TEST_F(BooksWithoutMemory, so_is_one_that_is_dropped_there) {
  Tracing tracing{[](Options& options) {
    options.limits.memory = 256u << 10;
    options.limits.span_bytes = 64u << 20;
  }};
  ManualSpan span = start_span("span");
  span.set_output(std::string(250u << 10, 'x'));
  end_without_memory(other_, [&] { span.end(); });
  const Stats stats = tracing.stats();
  EXPECT_EQ(stats.open, 0U);
  EXPECT_EQ(stats.dropped_before.too_large, 1U);
  EXPECT_TRUE(balanced(stats));
}

TEST_F(BooksWithoutMemory, it_makes_room_for_another_open_span) {
  Tracing tracing{[](Options& options) { options.limits.open_spans = 2; }};
  for (int i = 0; i < 10; ++i) {
    ManualSpan first = start_span("first");
    ManualSpan second = start_span("second");
    end_without_memory(other_, [&] { first.end(); });
  }
  EXPECT_EQ(tracing.stats().ended, 20U);
}

TEST_F(BooksWithoutMemory, the_next_tracer_begins_with_new_books) {
  for (int round = 0; round < 3; ++round) {
    Tracing tracing;
    ManualSpan span = start_span("span");
    end_without_memory(other_, [&] { span.end(); });
    tracing.flush();
    EXPECT_EQ(tracing.stats().ended, 1U);
  }
}

}  // namespace
}  // namespace llmtrace
