// Work that goes to other threads keeps its place in the trace: by bind_context(), which makes the context
// current there, or by naming the parent. What is bound to nothing starts a trace of its own.
#include <llmtrace/llmtrace.hpp>

#include <chrono>
#include <cstdio>
#include <future>
#include <string>
#include <thread>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

int rank(const std::string& document) {
  Span span{"rank " + document, SpanKind::llm};
  span.set_model("gpt-4o-mini").set_input(document);
  std::this_thread::sleep_for(3ms);
  const int score = static_cast<int>(document.size());
  span.set_output(score);
  return score;
}

}  // namespace

int main() {
  Options options;
  options.project = "ranking";
  auto tracing = Tracer::init(options);

  TraceScope trace{"rank-documents"};

  // A callable that carries the context to wherever it is called.
  auto first = std::async(std::launch::async, bind_context([] { return rank("alpha"); }));
  auto second = std::async(std::launch::async, bind_context([] { return rank("beta"); }));

  // An explicit parent: a context is a value that any thread may keep.
  const SpanContext parent = trace.context();
  std::thread watcher{[parent] {
    Span span{parent, "watch_quota", SpanKind::tool};
    std::this_thread::sleep_for(1ms);
    span.set_output({{"left", 998}});
  }};

  // A span that begins here and ends there.
  ManualSpan upload = start_span("upload", SpanKind::tool);
  std::thread uploader{[upload = std::move(upload)]() mutable {
    std::this_thread::sleep_for(2ms);
    upload.set("bytes", 1024).end();
  }};

  const int sum = first.get() + second.get();
  watcher.join();
  uploader.join();
  std::thread{[] { Span span{"unrelated", SpanKind::other}; }}.join();
  trace.set_output(sum);
  std::printf("sum of scores: %d\n", sum);
}
