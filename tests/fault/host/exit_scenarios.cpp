// The end of a process, in all the ways in which programs end.
#include "fault/books_text.hpp"
#include "fault/child_process.hpp"
#include "fault/host/scenarios.hpp"
#include "fault/numbered_spans.hpp"
#include <llmtrace/exporter.hpp>

#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <thread>

namespace llmtrace::fault_host {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;

// Registered before init(), so it runs when the library has closed.
void print_books_at_exit() {
  std::atexit([] { print_books(Tracer::get().stats()); });
}

void pass_time(std::chrono::nanoseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
}

[[noreturn]] void exit_now() {
  print_number("exit_at", monotonic_now());
  std::exit(0);
}

// url, ca_file, microseconds that pass between the span and the exit, number of the span
int exit_in_flight(const Arguments& arguments) {
  print_books_at_exit();
  Options options = options_for(arguments.url());
  options.ca_file = arguments.word(1);
  options.live = false;
  options.batch.flush_interval = 1ms;
  static auto guard = Tracer::init(options);
  trace_number(arguments.number(3));
  pass_time(std::chrono::microseconds{arguments.number(2)});
  exit_now();
}

// As before, but the first tracer of the process needs no HTTP: curl and its TLS library are initialized
// later, and register their exit handlers after that tracer has registered its own.
int exit_in_flight_of_a_second_tracer(const Arguments& arguments) {
  Options quiet = options_for(arguments.url());
  quiet.exporter = "none";
  static Tracer first{quiet};
  trace_number(first, 0);
  return exit_in_flight(arguments);
}

// url, spans, milliseconds that pass before the exit
int exit_with_spans(const Arguments& arguments) {
  print_books_at_exit();
  Options options = options_for(arguments.url());
  options.allow_plain_http = true;
  options.api_key = "project-fault";
  static auto guard = Tracer::init(options);
  trace_numbers(0, arguments.number(1));
  pass_time(std::chrono::milliseconds{arguments.number(2)});
  exit_now();
}

// healthy url, hanging url: the hanging one is closed first and must not use up the time of the other.
int exit_with_two_tracers(const Arguments& arguments) {
  std::atexit([] { print_books(Tracer::get().stats()); });
  static Tracer hanging{options_for(arguments.word(1))};
  Options options = options_for(arguments.url());
  options.batch.flush_interval = 1h;
  static auto guard = Tracer::init(options);
  trace_numbers(hanging, 1000, 50);
  trace_numbers(0, 50);
  exit_now();
}

// url: static objects, each of which closes its own tracer. Their destructors run one after the other.
int exit_with_static_tracers(const Arguments& arguments) {
  print_books_at_exit();
  static Tracer first{options_for(arguments.url())};
  static Tracer second{options_for(arguments.url())};
  static auto guard = Tracer::init(options_for(arguments.url()));
  trace_numbers(first, 0, 10);
  trace_numbers(second, 10, 10);
  trace_numbers(20, 10);
  exit_now();
}

// healthy url, hanging url: the destructor of the hanging one runs first, and leaves the other no time.
int exit_with_a_static_tracer_that_hangs(const Arguments& arguments) {
  static Options patient = options_for(arguments.url());
  patient.batch.flush_interval = 1h;
  static Tracer healthy{patient};
  static Tracer hanging{options_for(arguments.word(1))};
  trace_numbers(healthy, 0, 50);
  trace_numbers(hanging, 1000, 50);
  exit_now();
}

// url: the destructor of a static object asks after a tracer that closed long ago, and then traces in one
// that runs.
int exit_with_questions_after_a_closed_tracer(const Arguments& arguments) {
  static Tracer running{options_for(arguments.url())};
  static auto guard = Tracer::init(options_for(arguments.url()));
  trace_numbers(0, 10);
  guard.close();
  struct Asks {
    ~Asks() {
      print_number("clean", Tracer::get().flush(1s) && Tracer::get().close() && guard.close() ? 1 : 0);
      trace_numbers(running, 10, 10);
    }
  };
  static const Asks asks;
  exit_now();
}

// url: another thread is in a close that has more time than the exit.
int exit_beside_a_close(const Arguments& arguments) {
  print_books_at_exit();
  static auto* const guard = new TracerGuard{Tracer::init(options_for(arguments.url()))};
  trace_numbers(0, 10);
  std::thread([] { guard->close(50s); }).detach();
  while (Tracer::get().enabled()) std::this_thread::yield();
  exit_now();
}

int exit_from_another_thread(const Arguments& arguments) {
  print_books_at_exit();
  static auto guard = Tracer::init(options_for(arguments.url()));
  trace_numbers(0, 20);
  std::thread([] {
    trace_numbers(20, 20);
    exit_now();
  }).join();
  return 1;
}

// The thread that exits is the one that the library would wait for.
int exit_from_an_exporter(const Arguments&) {
  class Exiting final : public Exporter {
   public:
    bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override { std::exit(0); }
  };
  Options options = options_for("");
  options.exporter.clear();
  options.exporters = {std::make_shared<Exiting>()};
  static auto guard = Tracer::init(options);
  trace_number(0);
  Tracer::get().flush(10s);
  pass_time(10s);
  return 1;
}

// A program that takes a wrong setting for fatal.
int exit_from_on_error(const Arguments&) {
  Options options = options_for("no url at all");
  options.on_error = [](const Diagnostic&) { std::exit(0); };
  const auto guard = Tracer::init(options);
  return 1;
}

int quick_exit_with_spans(const Arguments& arguments) {
  static auto guard = Tracer::init(options_for(arguments.url()));
  trace_numbers(0, 100);
  std::quick_exit(0);
}

// --- tracing after the teardown

struct TracesLate {
  bool active = false;
  std::optional<ManualSpan> left_open;
  std::optional<Span> guard_left_open;
  TracesLate() = default;
  TracesLate(const TracesLate&) = delete;
  TracesLate& operator=(const TracesLate&) = delete;
  ~TracesLate() {
    if (!active) return;
    trace_numbers(300, 10);
    TraceScope trace{"late", {.user_id = "u", .tags = {"a"}}};
    left_open.reset();
    guard_left_open.reset();
    trace.end();
    Tracer::get().flush(1s);
    Tracer::get().close();
    static_cast<void>(Tracer::init(options_for("http://127.0.0.1:1")).operator bool());
    print_books(Tracer::get().stats());
  }
};

TracesLate constructed_before_main;

// url, closed by: "guard" or "handler". A guard that is a static object closes before our exit handler runs.
int late_tracing(const Arguments& arguments) {
  std::atexit([] { trace_numbers(200, 10); });
  auto* const guard = new TracerGuard{Tracer::init(options_for(arguments.url()))};
  static std::unique_ptr<TracerGuard> static_guard;
  if (arguments.word(1) == "guard") static_guard.reset(guard);
  std::atexit([] { trace_numbers(100, 10); });  // before the teardown: recorded
  thread_local TracesLate dies_with_the_main_thread;
  static_cast<void>(dies_with_the_main_thread.active);
  constructed_before_main.active = true;
  constructed_before_main.left_open.emplace(start_span("left open"));
  constructed_before_main.guard_left_open.emplace("guard left open");
  trace_numbers(0, 10);
  exit_now();
}

// --- threads that trace while the process exits

std::atomic<bool> stop{false};
std::vector<std::thread>& busy_threads() {
  static auto* const threads = new std::vector<std::thread>;  // joined by hand, or never
  return *threads;
}

void trace_until_stopped(int first) {
  for (int i = first; !stop.load(std::memory_order_relaxed); ++i) {
    TraceScope trace{"busy"};
    trace_number(i);
  }
}

void start_busy_threads(int count) {
  for (int i = 0; i < count; ++i) busy_threads().emplace_back([i] { trace_until_stopped(i * 100'000'000); });
}

// More is traced than the service can take in any time.
Options impatient_options_for(const std::string& url) {
  Options options = options_for(url);
  options.shutdown_timeout = 200ms;
  return options;
}

// url, threads, microseconds: they trace through the whole teardown, then their books are looked at.
int exit_while_threads_trace(const Arguments& arguments) {
  std::atexit([] {
    stop = true;
    for (auto& thread : busy_threads()) thread.join();
    print_books(Tracer::get().stats());
  });
  static auto guard = Tracer::init(impatient_options_for(arguments.url()));
  start_busy_threads(arguments.number(1));
  pass_time(std::chrono::microseconds{arguments.number(2)});
  exit_now();
}

// url, threads, microseconds: nobody stops them, they run until the kernel ends them.
int exit_while_threads_trace_to_the_end(const Arguments& arguments) {
  static auto guard = Tracer::init(impatient_options_for(arguments.url()));
  start_busy_threads(arguments.number(1));
  pass_time(std::chrono::microseconds{arguments.number(2)});
  exit_now();
}

}  // namespace

void add_exit_scenarios(std::map<std::string, int (*)(const Arguments&)>& scenarios) {
  scenarios.insert({{"exit_in_flight", exit_in_flight},
                    {"exit_in_flight_of_a_second_tracer", exit_in_flight_of_a_second_tracer},
                    {"exit_with_spans", exit_with_spans},
                    {"exit_with_two_tracers", exit_with_two_tracers},
                    {"exit_with_static_tracers", exit_with_static_tracers},
                    {"exit_with_a_static_tracer_that_hangs", exit_with_a_static_tracer_that_hangs},
                    {"exit_with_questions_after_a_closed_tracer", exit_with_questions_after_a_closed_tracer},
                    {"exit_beside_a_close", exit_beside_a_close},
                    {"exit_from_another_thread", exit_from_another_thread},
                    {"exit_from_an_exporter", exit_from_an_exporter},
                    {"exit_from_on_error", exit_from_on_error},
                    {"quick_exit_with_spans", quick_exit_with_spans},
                    {"late_tracing", late_tracing},
                    {"exit_while_threads_trace", exit_while_threads_trace},
                    {"exit_while_threads_trace_to_the_end", exit_while_threads_trace_to_the_end}});
}

}  // namespace llmtrace::fault_host
