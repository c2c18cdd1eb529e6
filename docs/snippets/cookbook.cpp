// The samples of docs/cookbook.md that are the same in C++17 and C++20.
#include "model.hpp"
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/span_map.hpp>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace llmtrace;

namespace {

void threads() {
  TraceScope trace{"request"};

  std::thread worker{bind_context([] { Span span{"on the worker"}; })};

  const SpanContext parent = SpanContext::current();  // a value: keep it, copy it, send it
  std::thread other{[parent] { Span span{parent, "on the other"}; }};

  auto reply = std::async(std::launch::async, bind_context([] { return model.chat(prompt); }));
  trace.set_output(reply.get().text);
  worker.join();
  other.join();
}

void callbacks() {
  TraceScope trace{"request"};
  ManualSpan call = start_span("call", SpanKind::llm);
  auto on_done = [call = std::move(call)](const std::string& text) mutable {
    call.set_output(text).end();  // on any thread
  };
  std::thread{std::move(on_done), "done"}.join();
}

SpanMap& open_spans() {
  static SpanMap map;
  return map;
}
void on_begin(const std::string& request) {
  MapTraceOptions options;
  options.id = request;
  open_spans().create_trace("request", options);
}
void on_call(const std::string& request, const std::string& call) {
  MapSpanOptions options;
  options.id = call;
  open_spans().create_span(request, "call", SpanKind::llm, options);
}
void on_reply(const std::string& call, const Reply& reply) {
  Completion done;
  done.output = reply.text;
  done.usage.input = reply.usage.prompt_tokens;
  open_spans().complete_span(call, done);
}
void on_end(const std::string& request) { open_spans().complete_trace(request); }

struct Headers {
  std::string traceparent, tracestate;
};
Headers calling() {
  const SpanContext here = SpanContext::current();
  return {to_traceparent(here), to_tracestate(here)};  // send these with the request
}
void called(const Headers& headers) {
  TraceScope trace{from_traceparent(headers.traceparent, headers.tracestate), "POST /chat"};
}

void start_a_child_process() {
  TraceScope trace{"pipeline"};
  ::setenv("TRACEPARENT", to_traceparent(trace.context()).c_str(), 1);  // before other threads are there
  ::unsetenv("TRACEPARENT");
}

void errors() {
  Span span{"call", SpanKind::tool};
  try {
    throw std::runtime_error{"connection reset"};
  } catch (const std::exception& error) {
    span.record_exception(error);  // type, message, nested exceptions; the span is an error
  }
  span.set_error("timeout", "no answer in 3 s");  // a type and a message of your own
  span.set_status(Status::ok);                    // said last, it wins
}

void fork_a_child() {
  TraceScope trace{"parent"};
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    Span span{"in the child"};  // a child of "parent", delivered by the child itself
    span.end();
    Tracer::get().close();  // _exit() runs no exit handlers
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

void books() {
  const Stats stats = Tracer::get().stats();
  for (const ExporterStats& exporter : stats.exporters)
    std::printf("%s: %llu sent, %llu lost\n", exporter.name.c_str(),
                static_cast<unsigned long long>(exporter.acknowledged),
                static_cast<unsigned long long>(exporter.dropped.sum()));
  if (!stats.balanced()) std::puts("another thread is inside a call");
}

}  // namespace

int main() {
  auto tracing = Tracer::init();
  threads();
  callbacks();
  on_begin("r1");
  on_call("r1", "c1");
  on_reply("c1", model.chat(prompt));
  on_end("r1");
  {
    TraceScope trace{"caller"};
    called(calling());
  }
  start_a_child_process();
  errors();
  fork_a_child();
  tracing.flush();
  books();
}
