#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace llmtrace {
namespace {

using testing_support::Tracing;

TEST(Context, is_that_of_the_innermost_scope) {
  Tracing tracing;
  EXPECT_FALSE(SpanContext::current());
  TraceScope trace{"t"};
  EXPECT_EQ(SpanContext::current().span_id(), trace.context().span_id());
  Span span{"s"};
  const SpanContext context = SpanContext::current();
  EXPECT_EQ(to_hex(context.trace_id()), span.trace_id());
  EXPECT_EQ(to_hex(context.span_id()), span.span_id());
  EXPECT_TRUE(context.sampled());
  EXPECT_FALSE(context.remote());
}

TEST(Context, scope_makes_one_current_and_gives_back_what_was) {
  Tracing tracing;
  TraceScope trace{"t"};
  const SpanContext other{TraceId{1, 2}, SpanId{3}};
  {
    const ContextScope scope{other};
    EXPECT_EQ(SpanContext::current().span_id(), SpanId{3});
    { Span span{"below"}; }
  }
  EXPECT_EQ(SpanContext::current().span_id(), trace.context().span_id());
  EXPECT_EQ(tracing.span("below").parent_span_id, SpanId{3});
  EXPECT_EQ(tracing.span("below").trace_id, (TraceId{1, 2}));
}

TEST(Context, an_invalid_scope_hides_what_is_current) {
  Tracing tracing;
  TraceScope trace{"t"};
  {
    const ContextScope scope{SpanContext{}};
    Span span{"apart"};
  }
  EXPECT_FALSE(tracing.span("apart").parent_span_id.valid());
  EXPECT_NE(tracing.span("apart").trace_id, trace.trace_id_value());
}

TEST(Context, outlives_its_span_and_its_tracer) {
  SpanContext kept;
  {
    Tracing tracing;
    Span span{"s"};
    kept = SpanContext::current();
  }
  EXPECT_TRUE(kept.valid());
  EXPECT_EQ(to_traceparent(kept).size(), 55U);
  Tracing tracing;
  { Span child{kept, "child"}; }
  EXPECT_EQ(tracing.span("child").trace_id, kept.trace_id());
}

TEST(Context, is_bound_to_a_callable_with_its_arguments_and_result) {
  Tracing tracing;
  std::function<int(int, int)> bound;
  std::unique_ptr<int> result;
  {
    TraceScope trace{"t"};
    bound = bind_context([](int a, int b) {
      Span span{"in the pool"};
      return a * b;
    });
    auto move_only = bind_context([kept = std::make_unique<int>(5)](std::unique_ptr<int> given) mutable {
      Span span{"move-only"};
      *kept += *given;
      return std::move(kept);
    });
    std::thread{[&] { result = move_only(std::make_unique<int>(2)); }}.join();
    std::thread{[&] { EXPECT_EQ(bound(6, 7), 42); }}.join();
  }
  EXPECT_EQ(*result, 7);
  EXPECT_EQ(tracing.span("in the pool").parent_span_id, tracing.span("t").span_id);
  EXPECT_EQ(tracing.span("move-only").parent_span_id, tracing.span("t").span_id);
}

TEST(Context, binds_const_callables_members_and_named_contexts) {
  struct Client {
    std::string ask(const std::string& question) const {
      Span span{question};
      return question + mark;
    }
    std::string mark = "!";
  };
  Tracing tracing;
  const auto bound = bind_context(SpanContext{TraceId{7, 8}, SpanId{9}}, &Client::ask);
  const Client client;
  EXPECT_EQ(bound(client, "why"), "why!");
  EXPECT_EQ(tracing.span("why").parent_span_id, SpanId{9});
  EXPECT_THROW(bind_context([] { throw 1; })(), int);
}

TEST(Context, goes_through_std_async) {
  Tracing tracing;
  {
    TraceScope trace{"t"};
    auto future = std::async(std::launch::async, bind_context([] {
                               Span span{"async"};
                               return current_span().span_id();
                             }));
    EXPECT_EQ(future.get().size(), 16U);
  }
  EXPECT_EQ(tracing.span("async").parent_span_id, tracing.span("t").span_id);
}

// As services have one: threads that live long, and work of many requests on each.
class Pool {
 public:
  explicit Pool(std::size_t threads) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Pool() {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  void post(std::function<void()> task) {
    {
      const std::lock_guard lock{mutex_};
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }

 private:
  void work() {
    for (;;) {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

TEST(Context, keeps_requests_apart_on_a_pool) {
  Tracing tracing;
  constexpr int requests = 200;
  {
    Pool pool{4};
    for (int i = 0; i < requests; ++i) {
      TraceScope trace{"request"};
      for (int part = 0; part < 3; ++part) pool.post(bind_context([] { Span span{"part"}; }));
    }
  }
  std::size_t parts = 0;
  const std::vector<SpanData> spans = tracing.spans();
  for (const SpanData& span : spans) {
    if (span.name != "part") continue;
    ++parts;
    EXPECT_TRUE(span.parent_span_id.valid());
  }
  EXPECT_EQ(parts, std::size_t{requests} * 3);
  for (const TraceData& trace : tracing.traces()) EXPECT_EQ(trace.name, "request");
}

TEST(Context, may_be_left_on_another_thread_or_out_of_order) {
  Tracing tracing;
  auto first = std::make_unique<ContextScope>(SpanContext{TraceId{1, 1}, SpanId{1}});
  auto second = std::make_unique<ContextScope>(SpanContext{TraceId{2, 2}, SpanId{2}});
  first.reset();
  EXPECT_EQ(SpanContext::current().span_id(), SpanId{2});
  std::thread{[&] { second.reset(); }}.join();
  EXPECT_FALSE(SpanContext::current().valid());
}

TEST(Context, costs_nothing_without_a_tracer) {
  const ContextScope scope{SpanContext{TraceId{1, 1}, SpanId{1}}};
  EXPECT_FALSE(SpanContext::current().valid());
  EXPECT_EQ(bind_context([] { return 5; })(), 5);
}

}  // namespace
}  // namespace llmtrace
