// Begin and end lie in different callbacks, and the ids of the program's own requests tie them together:
// SpanMap keeps the open spans by id, for any thread.
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/span_map.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

// Stands for a client that reports by callbacks, on a thread of its own.
struct Callbacks {
  std::function<void(const std::string& request, const std::string& prompt)> on_sent;
  std::function<void(const std::string& request, const std::string& text, int in, int out)> on_done;
  std::function<void(const std::string& request, const std::string& why)> on_failed;
};
void run_requests(const Callbacks& callbacks) {
  callbacks.on_sent("req-1", "Translate: good morning");
  callbacks.on_sent("req-2", "Translate: good night");
  std::this_thread::sleep_for(4ms);
  callbacks.on_failed("req-2", "429 too many requests");
  callbacks.on_done("req-1", "bonjour", 9, 2);
}

}  // namespace

int main() {
  auto tracing = Tracer::init({.project = "translator"});
  SpanMap spans;
  const std::string job = spans.create_trace("translate-job", {.trace = {.user_id = "u7"}});

  Callbacks callbacks;
  callbacks.on_sent = [&](const std::string& request, const std::string& prompt) {
    spans.create_span(job, "translate", SpanKind::llm,
                      {.id = request, .span = {.model = "gpt-4o", .input = prompt}});
  };
  callbacks.on_done = [&](const std::string& request, const std::string& text, int in, int out) {
    spans.complete_span(request, {.output = text, .usage = {.input = in, .output = out}});
  };
  callbacks.on_failed = [&](const std::string& request, const std::string& why) {
    spans.complete_span(request, {.error = why});
  };

  std::thread client{[&] { run_requests(callbacks); }};
  client.join();
  spans.complete_trace(job, {.output = "1 of 2 translated"});
  std::printf("open spans: %zu\n", spans.size());
}
