// What needs a library in front of the C library: memory that runs out, threads that do not start, an
// environment that is watched, a clock that is set.
#include "fault/books_text.hpp"
#include "fault/child_process.hpp"
#include "fault/host/scenarios.hpp"
#include "fault/numbered_spans.hpp"
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/span_map.hpp>
#include <llmtrace/stream.hpp>
#include <llmtrace/testing.hpp>

#include <atomic>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <map>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace llmtrace::fault_host {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;

template <class Function>
Function preloaded(const char* name) {
  auto* const found = ::dlsym(RTLD_DEFAULT, name);
  if (found == nullptr) throw std::runtime_error(std::string{name} + " is not loaded");
  return reinterpret_cast<Function>(found);
}

// --- memory

struct FailingMemory {
  void (*fail)(long, bool) = preloaded<void (*)(long, bool)>("llmtrace_fail_allocation");
  long (*stop)() = preloaded<long (*)()>("llmtrace_stop_failing");
};

// All that a program does with the library, with everything that it needs for itself made beforehand.
class Workload {
 public:
  explicit Workload(const std::string& url)
      : options_{options_for(url)}, memory_{std::make_shared<MemoryExporter>()} {
    options_.exporters = {memory_};
    options_.exporter = "http";
    second_ = std::thread([this] {
      while (!begin_.load()) std::this_thread::yield();
      trace_one(1);
      done_ = true;
    });
  }
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;
  ~Workload() {
    begin_ = true;
    second_.join();
  }

  void run() noexcept {
    const auto guard = Tracer::init(options_);
    trace_one(0);
    begin_ = true;
    while (!done_.load()) std::this_thread::yield();
    trace_by_id();
    Tracer::get().flush(2s);
    trace_one(2);
    Tracer::get().close(3s);
  }

 private:
  void trace_one(int number) noexcept {
    TraceScope trace{"trace", trace_options_};
    Span span{"numbered", SpanKind::tool};
    span.set("number", number).set_input(payloads_[number]).set_output(large_);
    span.set("list", numbers_).add_event("event", {{"key", "value"}}).score("quality", 0.5);
    span.record_exception(error_);
    const SpanContext context = SpanContext::current();
    const ContextScope scope{context};
    auto manual = start_span("manual", SpanKind::llm, span_options_);
    for (int i = 0; i < 100; ++i) manual.set_output("again");
    for (int i = 0; i < 20; ++i) {
      Span deeper{"deeper"};
      Span deepest{"deepest"};
    }
    manual.end();
    trace_calls();
  }

  // The short forms and the wrappers, whose options are longer than what fits in a string itself.
  void trace_calls() noexcept {
    const Span agent = trace_agent(agent_options_);
    const Span llm = trace_llm(llm_options_);
    call_(1);
    client_.call("an operation with a long name", &Client::answer, 2);
    StreamRecorder stream{stream_options_};
    stream.text("delta").usage({1, 2}).finish();
  }

  static int same(int number) { return number; }
  struct Client {
    int answer(int question) { return question; }
  };

  void trace_by_id() noexcept {
    SpanMap spans{4};
    spans.create_trace("by id", map_trace_);
    for (const MapSpanOptions& options : map_spans_)
      spans.create_span("trace", "step", SpanKind::tool, options);
    spans.complete_span("span-7");
    spans.complete_trace("trace");
  }

  static std::vector<MapSpanOptions> make_map_spans() {
    std::vector<MapSpanOptions> made(8);
    for (std::size_t i = 0; i < made.size(); ++i) made[i].id = "span-" + std::to_string(i);
    return made;
  }
  static StreamOptions make_stream_options() {
    StreamOptions made;
    made.model = "a model with a long name";
    made.operation = "an operation with a long name";
    return made;
  }
  static TracedClientOptions make_client_options() {
    TracedClientOptions made;
    made.kind = SpanKind::llm;
    made.model = "a model with a long name";
    return made;
  }
  static MapTraceOptions make_map_trace() {
    MapTraceOptions made;
    made.id = "trace";
    return made;
  }

  Options options_;
  std::shared_ptr<MemoryExporter> memory_;
  const std::string payloads_[3] = {payload_of(0), payload_of(1), payload_of(2)};
  const std::string large_ = std::string(100'000, 'l');
  const std::vector<int> numbers_ = std::vector<int>(50, 7);
  const std::runtime_error error_{"error"};
  const TraceOptions trace_options_{.user_id = "a user with a long name", .tags = {"one", "two"}};
  const SpanOptions span_options_{.model = "a model with a long name", .operation = "chat"};
  const std::vector<MapSpanOptions> map_spans_ = make_map_spans();
  const MapTraceOptions map_trace_ = make_map_trace();
  const LlmOptions llm_options_{"a model with a long name", "a provider with a long name", "an operation"};
  const AgentOptions agent_options_{"an agent with a long name", "an operation with a long name"};
  const StreamOptions stream_options_ = make_stream_options();
  TracedLlmFunction<int (*)(int)> call_ = traced_llm(llm_options_, &same);
  Client answering_;
  Traced<Client> client_{answering_, make_client_options()};
  std::atomic<bool> begin_{false};
  std::atomic<bool> done_{false};
  std::thread second_;
};

// Runs the workload in this process with the Nth allocation failing. The number of allocations, or -1.
long run_with_failure(const std::string& url, long nth, bool lasting) {
  const FailingMemory memory;
  long count = 0;
  {
    Workload workload{url};
    memory.fail(nth, lasting);
    workload.run();
    count = memory.stop();
  }
  const Stats stats = Tracer::get().stats();
  if (stats.balanced() && stats.open == 0) return count;
  std::fprintf(stderr, "allocation %ld%s:\n%s", nth, lasting ? " and later" : "", books_text(stats).c_str());
  return -1;
}

// url, lasting, first, step, runs: N = first, first + step, …, as often or as long as there are so many
// allocations; each in a process of its own in which nothing is initialized yet.
int out_of_memory_in_fresh_processes(const Arguments& arguments) {
  const bool lasting = arguments.number(1) != 0;
  int runs = 0;
  int failures = 0;
  bool at_end = false;
  for (long n = arguments.number(2); !at_end && runs < arguments.number(4); n += arguments.number(3)) {
    const pid_t child = ::fork();
    if (child == 0) {
      const long count = run_with_failure(arguments.url(), n, lasting);
      std::_Exit(count < 0 ? 1 : count < n ? 2 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ++runs;
    at_end = WIFEXITED(status) && WEXITSTATUS(status) == 2;  // there were no N allocations
    if (at_end || status == 0) continue;
    ++failures;
    std::fprintf(stderr, "allocation %ld: status %x\n", n, static_cast<unsigned>(status));
  }
  print_number("runs", runs);
  print_number("at_end", at_end ? 1 : 0);
  return failures;
}

// The same in one process, which has run before: N reaches what a first initialization would hide.
int out_of_memory_in_one_process(const Arguments& arguments) {
  const bool lasting = arguments.number(1) != 0;
  const long whole = run_with_failure(arguments.url(), 1'000'000'000, false);
  print_number("allocations", whole);
  int runs = 0;
  int failures = 0;
  long n = arguments.number(2);
  for (; n <= whole && runs < arguments.number(4); n += arguments.number(3)) {
    if (run_with_failure(arguments.url(), n, lasting) < 0) ++failures;
    ++runs;
  }
  print_number("runs", runs);
  print_number("at_end", n > whole ? 1 : 0);
  return failures;
}

// --- threads

// url, extra exporters of the user's
// url, exporters of one's own: the first init finds one of its threads missing, the second finds all.
int one_thread_cannot_start(const Arguments& arguments) {
  Options options = options_for(arguments.url());
  for (int i = 0; i < arguments.number(1); ++i)
    options.exporters.push_back(std::make_shared<MemoryExporter>());
  if (Tracer::init(options)) return 1;
  trace_numbers(1000, 10);
  if (!Tracer::get().stats().balanced()) return 2;
  const auto guard = Tracer::init(options);
  if (!guard) return 3;
  trace_numbers(0, 10);
  const bool clean = Tracer::get().close(10s);
  print_books(Tracer::get().stats());
  return clean ? 0 : 4;
}

int threads_cannot_start(const Arguments& arguments) {
  Options options = options_for(arguments.url());
  for (int i = 0; i < arguments.number(1); ++i)
    options.exporters.push_back(std::make_shared<MemoryExporter>());
  options.exporter = "http";
  int warnings = 0;
  options.on_error = [&warnings](const Diagnostic& told) {
    std::fprintf(stderr, "%s: %s\n", told.kind.c_str(), told.message.c_str());
    ++warnings;
  };
  for (int i = 0; i < 2; ++i) {
    const auto guard = Tracer::init(options);
    trace_numbers(0, 10);
    if (guard || Tracer::get().enabled()) return 1;
  }
  print_books(Tracer::get().stats());
  print_number("warnings", warnings);
  Tracer scoped{options};
  trace_number(scoped, 0);
  return 0;
}

// --- the environment

// url, spans of each of the 50 rounds, perhaps a ca_file
int environment_storm(const Arguments& arguments) {
  const auto reads = preloaded<long (*)(char*, std::size_t)>("llmtrace_environment_reads");
  Options options = options_for(arguments.url());
  options.read_environment = true;
  if (arguments.words.size() > 2) options.ca_file = arguments.word(2);
  options.batch.gzip = true;
  ::setenv("TZ", "LLM0", 1);
  const auto guard = Tracer::init(options);
  // Inside of glibc no reading can be counted, but what has been read cannot be read by the worker.
  print_number("time_zone_is_read", std::strcmp(::tzname[0], "LLM") == 0 ? 1 : 0);
  std::atomic<bool> stop{false};
  std::thread storm{[&stop] {
    for (int i = 0; !stop; ++i) {
      const std::string name = "STORM_" + std::to_string(i % 500);
      ::setenv(name.c_str(), std::string(static_cast<std::size_t>(i % 300), 'v').c_str(), 1);
      ::setenv("http_proxy", i % 2 == 0 ? "http://127.0.0.1:1" : "nonsense", 1);
      ::setenv("RES_OPTIONS", i % 2 == 0 ? "attempts:1" : "timeout:1", 1);
      if (i % 3 == 0) ::unsetenv(name.c_str());
    }
  }};
  bool flushed = true;
  for (int i = 0; i < 50; ++i) {
    trace_numbers(i * arguments.number(1), arguments.number(1));
    flushed = Tracer::get().flush(10s) && flushed;
  }
  stop = true;
  storm.join();
  const bool clean = Tracer::get().close(10s);
  print_books(Tracer::get().stats());
  char last[64];
  print_number("reads", reads(last, sizeof(last)));
  std::fprintf(stderr, "last read: %s\n", last);
  return flushed && clean ? 0 : 1;
}

// --- the clock

void pass_time(std::chrono::nanoseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
}

// url: each shift happens inside a span, and while the worker sleeps until its next turn.
int wall_clock_jumps(const Arguments& arguments) {
  const auto shift = preloaded<void (*)(long)>("llmtrace_shift_wall_clock");
  const auto guard = Tracer::init(options_for(arguments.url()));
  constexpr long hour = 3600;
  int number = 0;
  for (const long seconds : {hour, -hour, 0L, 24 * hour, -24 * hour}) {
    {
      Span span{"numbered", SpanKind::tool};
      fill_numbered(span, number++);
      pass_time(20ms);
      shift(seconds);
      pass_time(20ms);
    }
    // Nobody flushes: the interval alone must bring it out.
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (Tracer::get().stats().exporters.at(0).queued != 0)
      if (std::chrono::steady_clock::now() > deadline) return 1;
    trace_number(number++);
    if (!Tracer::get().flush(10s)) return 2;
  }
  const auto before = std::chrono::steady_clock::now();
  const bool clean = Tracer::get().close();
  print_number("close_ms", (std::chrono::steady_clock::now() - before) / 1ms);
  print_books(Tracer::get().stats());
  return clean ? 0 : 3;
}

}  // namespace

void add_preload_scenarios(std::map<std::string, int (*)(const Arguments&)>& scenarios) {
  scenarios.insert({{"out_of_memory_in_fresh_processes", out_of_memory_in_fresh_processes},
                    {"out_of_memory_in_one_process", out_of_memory_in_one_process},
                    {"one_thread_cannot_start", one_thread_cannot_start},
                    {"threads_cannot_start", threads_cannot_start},
                    {"environment_storm", environment_storm},
                    {"wall_clock_jumps", wall_clock_jumps}});
}

}  // namespace llmtrace::fault_host
