// Threads that end in the middle: pthread_exit and pthread_cancel unwind the stack through our guards, and
// must be neither stopped there nor turned into the end of the process.
#include "fault/books_text.hpp"
#include "fault/host/scenarios.hpp"
#include "fault/numbered_spans.hpp"
#include <llmtrace/span_map.hpp>
#include <llmtrace/testing.hpp>

#include <atomic>
#include <cstdio>
#include <functional>
#include <map>
#include <pthread.h>
#include <thread>

namespace llmtrace::fault_host {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;

int finish() {
  const bool clean = Tracer::get().close(10s);
  print_books(Tracer::get().stats());
  return clean ? 0 : 1;
}

// Runs on a POSIX thread; what the thread returned.
void* on_thread(std::function<void()> run) {
  pthread_t thread{};
  const auto start = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  ::pthread_create(&thread, nullptr, start, &run);
  void* result = nullptr;
  ::pthread_join(thread, &result);
  return result;
}

int pthread_exit_with_open_spans(const Arguments& arguments) {
  const auto guard = Tracer::init(options_for(arguments.url()));
  for (int i = 0; i < 100; ++i) {
    on_thread([i] {
      TraceScope trace{"request"};
      auto manual = start_span("manual");
      auto active = manual.enter();
      Span span{"numbered", SpanKind::tool};
      fill_numbered(span, i);
      trace.set_output(true);
      ::pthread_exit(nullptr);
    });
  }
  return finish();
}

// A thread is cancelled while it traces as fast as it can, at any moment of it.
int cancel_with_open_spans(const Arguments& arguments) {
  const auto guard = Tracer::init(options_for(arguments.url()));
  const std::string large(30'000, 'l');
  for (int i = 0; i < 200; ++i) {
    std::atomic<int> spans{0};
    pthread_t thread{};
    auto run = std::function<void()>{[&] {
      for (;;) {
        TraceScope trace{"request"};
        Span span{"step"};
        span.set_input(large);
        ++spans;
        ::pthread_testcancel();
      }
    }};
    const auto start = [](void* argument) -> void* {
      (*static_cast<std::function<void()>*>(argument))();
      return nullptr;
    };
    ::pthread_create(&thread, nullptr, start, &run);
    while (spans.load() < i % 20) std::this_thread::yield();
    ::pthread_cancel(thread);
    void* result = nullptr;
    ::pthread_join(thread, &result);
    if (result != PTHREAD_CANCELED) return 2;
  }
  static_cast<void>(finish());  // more was traced than can be sent in that time
  return 0;
}

// Does `run` on a thread that is to be cancelled: it must come to its end, for a library must not be a place
// to die.
bool comes_back_when_cancelled(const char* what, const std::function<void()>& run) {
  std::atomic<bool> came_back{false};
  void* result = on_thread([&] {
    ::pthread_cancel(::pthread_self());
    run();
    came_back = true;
    ::pthread_testcancel();
  });
  if (!came_back) std::fprintf(stderr, "%s: cancelled inside\n", what);
  if (result != PTHREAD_CANCELED) std::fprintf(stderr, "%s: the cancellation is lost\n", what);
  return came_back && result == PTHREAD_CANCELED;
}

int calls_of_a_cancelled_thread(const Arguments& arguments) {
  const std::string large(300'000, 'l');
  Options options = options_for(arguments.url());
  Options wrong = options_for("no url");
  wrong.on_error = nullptr;  // a line on stderr
  Options at_end = options;
  at_end.export_mode = ExportMode::on_trace_end;
  bool well = comes_back_when_cancelled("init", [&] { static_cast<void>(Tracer::init(options)); });
  well =
      comes_back_when_cancelled("a guard's end", [&] { const auto guard = Tracer::init(options); }) && well;
  const auto guard = Tracer::init(options);
  const auto calls = std::map<const char*, std::function<void()>>{
      {"a first span", [] { trace_number(0); }},
      {"spans that wake the worker",
       [&] {
         for (int i = 0; i < 10; ++i) {
           Span span{"large"};
           span.set_input(large);
         }
       }},
      {"many open spans",
       [] {
         std::vector<ManualSpan> open;
         for (int i = 0; i < 500; ++i) open.push_back(start_span("open"));
       }},
      {"deep scopes",
       [] {
         const std::function<void(int)> descend = [&](int depth) {
           Span span{"deep"};
           if (depth > 0) descend(depth - 1);
         };
         descend(100);
       }},
      {"flush", [] { Tracer::get().flush(5s); }},
      {"stats", [] { static_cast<void>(Tracer::get().stats()); }},
      {"another tracer",
       [&] {
         Tracer tracer{options};
         trace_number(tracer, 1);
         tracer.flush(5s);
       }},
      {"a trace that waits for its delivery",
       [&] {
         Tracer tracer{at_end};
         TraceScope trace{tracer, "waits"};
       }},
      {"spans by id",
       [] {
         SpanMap spans;
         spans.create_trace("trace");
         spans.create_trace("trace");
       }},
      {"a wrong setting", [&] { const Tracer tracer{wrong}; }},
      {"a second init", [&] { static_cast<void>(Tracer::init(options)); }},
  };
  for (const auto& [what, run] : calls) well = comes_back_when_cancelled(what, run) && well;
  well = comes_back_when_cancelled("close", [] { Tracer::get().close(5s); }) && well;
  print_books(Tracer::get().stats());
  return well ? 0 : 1;
}

}  // namespace

void add_unwinding_scenarios(std::map<std::string, int (*)(const Arguments&)>& scenarios) {
  scenarios.insert({{"pthread_exit_with_open_spans", pthread_exit_with_open_spans},
                    {"cancel_with_open_spans", cancel_with_open_spans},
                    {"calls_of_a_cancelled_thread", calls_of_a_cancelled_thread}});
}

}  // namespace llmtrace::fault_host
