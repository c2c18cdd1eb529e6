// A long-lived server: one tracer for the life of the process, one trace for each request, on whichever
// thread serves it. A request that carries `traceparent` continues the trace of its caller.
#include <llmtrace/llmtrace.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

struct Request {
  std::string path;
  std::string user;
  std::string traceparent;
};

std::string complete(const std::string& prompt) {
  Span span = trace_llm({.model = "gpt-4o-mini", .provider = "openai", .operation = "chat"});
  span.set_input(prompt);
  std::this_thread::sleep_for(5ms);
  span.set_output("Hello!", {.input = 12, .output = 3});
  return "Hello!";
}

int handle(const Request& request) {
  TraceScope trace{from_traceparent(request.traceparent), "POST " + request.path, {.user_id = request.user}};
  trace.set("http.path", request.path);
  if (request.path != "/chat") {
    trace.set("http.status", 404).set_error("no such path");
    return 404;
  }
  trace.set_output(complete("Say hello to " + request.user));
  trace.set("http.status", 200);
  return 200;
}

}  // namespace

int main() {
  auto tracing = Tracer::init({.project = "chat-server"});
  const std::vector<Request> requests{
      {"/chat", "ada", ""},
      {"/chat", "bob", ""},
      {"/chat", "cy", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
      {"/typo", "dan", ""},
  };
  std::atomic<std::size_t> next{0};
  std::atomic<int> served{0};
  std::vector<std::thread> workers;
  workers.reserve(2);
  for (int i = 0; i < 2; ++i)
    workers.emplace_back([&] {
      for (std::size_t mine = next++; mine < requests.size(); mine = next++)
        if (handle(requests[mine]) == 200) ++served;
    });
  for (std::thread& worker : workers) worker.join();
  std::printf("%d of %zu requests served\n", served.load(), requests.size());
}
