// Processes that beget processes.
#include "fault/books_text.hpp"
#include "fault/child_process.hpp"
#include "fault/host/scenarios.hpp"
#include "fault/numbered_spans.hpp"
#include <llmtrace/testing.hpp>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <link.h>
#include <map>
#include <optional>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace llmtrace::fault_host {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;

// A child that does not end by itself is what these scenarios look for: it must not hold up the test.
bool ends_well(pid_t child) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  int status = 0;
  for (;;) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) break;
    if (ended < 0 || std::chrono::steady_clock::now() > deadline) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      std::fprintf(stderr, "child hangs\n");
      return false;
    }
    std::this_thread::sleep_for(1ms);
  }
  if (status != 0) std::fprintf(stderr, "child ended with status %x\n", static_cast<unsigned>(status));
  return status == 0;
}

// Closes and says by the exit code whether everything that this process ended was acknowledged.
[[noreturn]] void end_child(std::uint64_t spans) {
  const bool clean = Tracer::get().close(10s);
  const Stats stats = Tracer::get().stats();
  const bool right = clean && stats.balanced() && stats.started == spans && stats.ended == spans;
  if (!right) std::fprintf(stderr, "child, close %d:\n%s", clean, books_text(stats).c_str());
  ::_exit(right ? 0 : 1);
}

pid_t fork_and(const std::function<void()>& run) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child != 0) return child;
  run();
  ::_exit(9);
}

int end_parent(bool children_ended_well) {
  const bool clean = Tracer::get().close(20s);
  print_books(Tracer::get().stats());
  return children_ended_well && clean ? 0 : 1;
}

// The parent has unsent data, sent data and an open connection when it forks.
int fork_once(const Arguments& arguments) {
  Options options = options_for(arguments.url());
  options.batch.flush_interval = 1h;
  const auto guard = Tracer::init(options);
  trace_numbers(0, 10);
  if (!Tracer::get().flush(10s)) return 1;
  trace_numbers(10, 10);
  const pid_t child = fork_and([] {
    trace_numbers(1000, 20);
    end_child(20);
  });
  trace_numbers(20, 10);
  return end_parent(ends_well(child));
}

// The child ends by exit(): what it has traced is delivered without its doing anything.
int fork_then_exit(const Arguments& arguments) {
  static auto guard = Tracer::init(options_for(arguments.url()));
  trace_numbers(0, 10);
  const pid_t child = fork_and([] {
    trace_numbers(1000, 20);
    std::exit(0);
  });
  return end_parent(ends_well(child));
}

// A child that never traces leaves at once, and sends nothing.
int fork_silent_child(const Arguments& arguments) {
  static auto guard = Tracer::init(options_for(arguments.url()));
  trace_numbers(0, 10);
  const pid_t child = fork_and([] { std::exit(Tracer::get().flush(5s) ? 0 : 1); });
  return end_parent(ends_well(child));
}

// Scoped tracers live on in the child like the default one.
int fork_with_a_scoped_tracer(const Arguments& arguments) {
  const auto guard = Tracer::init(options_for(arguments.url()));
  Tracer scoped{options_for(arguments.url())};
  trace_numbers(0, 10);
  trace_numbers(scoped, 10, 10);
  const pid_t child = fork_and([&scoped] {
    trace_numbers(scoped, 1000, 20);
    const bool flushed = scoped.flush(10s);
    trace_numbers(scoped, 1020, 10);
    const bool closed = scoped.close(10s);
    const bool right =
        flushed && closed && scoped.stats().balanced() && scoped.stats().ended == 30 && !scoped.enabled();
    if (!right) std::fprintf(stderr, "%d %d\n%s", flushed, closed, books_text(scoped.stats()).c_str());
    ::_exit(right ? 0 : 1);
  });
  const bool well = ends_well(child);
  return end_parent(scoped.close(10s) && well);
}

int fork_nested(const Arguments& arguments) {
  const auto guard = Tracer::init(options_for(arguments.url()));
  trace_numbers(0, 10);
  const pid_t child = fork_and([] {
    trace_numbers(1000, 5);
    const pid_t grandchild = fork_and([] {
      trace_numbers(2000, 10);
      const pid_t last = fork_and([] {
        trace_numbers(3000, 10);
        end_child(10);
      });
      if (!ends_well(last)) ::_exit(1);
      end_child(10);
    });
    trace_numbers(1005, 5);
    if (!ends_well(grandchild)) ::_exit(1);
    end_child(10);
  });
  return end_parent(ends_well(child));
}

// Prints the ids of the open span; the child must end it without effect, and put its own below it.
int fork_with_open_spans(const Arguments& arguments) {
  const auto guard = Tracer::init(options_for(arguments.url()));
  bool well = false;
  {
    TraceScope trace{"request"};
    std::printf("trace_id=%s\nspan_id=%s\n", trace.trace_id().c_str(), trace.span_id().c_str());
    auto manual = start_span("manual");
    const pid_t child = fork_and([&] {
      trace_number(1000);                             // below what is current
      Span named{trace, "numbered", SpanKind::tool};  // below what is named
      fill_numbered(named, 1001);
      named.end();
      trace.set_user("nobody").set("key", "value");
      trace.end();
      manual.set_output("nothing");
      manual.end();
      const Stats stats = Tracer::get().stats();
      if (stats.ended_after_fork != 2 || stats.open != 0 || stats.orphans != 0) {
        std::fprintf(stderr, "%s", books_text(stats).c_str());
        ::_exit(1);
      }
      end_child(2);
    });
    well = ends_well(child);
    trace_number(0);
  }
  return end_parent(well);
}

// Trace from many threads, and fork from them. url, threads, forks of each
int fork_under_load(const Arguments& arguments) {
  const auto guard = Tracer::init(options_for(arguments.url()));
  const int threads = arguments.number(1);
  const int forks = arguments.number(2);
  std::atomic<bool> well{true};
  std::atomic<int> forking{threads};
  std::atomic<int> traced{0};
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      for (int i = 0; i < forks; ++i) {
        trace_numbers(traced.fetch_add(20), 20);
        const int base = 10'000'000 + (t * forks + i) * 10;
        const pid_t child = fork_and([base] {
          trace_numbers(base, 10);
          end_child(10);
        });
        if (!ends_well(child)) well = false;
      }
      --forking;
    });
  for (int t = 0; t < 2; ++t)
    all.emplace_back([&] {
      while (forking.load() != 0 && traced.load() < 30'000) trace_numbers(traced.fetch_add(5), 5);
    });
  for (auto& thread : all) thread.join();
  print_number("traced", traced.load());
  return end_parent(well);
}

// Threads end and begin, tracers come and go, others ask for the books: all that takes locks, while somebody
// forks. url, forks
int fork_while_locks_are_held(const Arguments& arguments) {
  const auto guard = Tracer::init(options_for(arguments.url()));
  std::atomic<bool> done{false};
  std::vector<std::thread> all;
  all.emplace_back([&] {
    while (!done) std::thread([] { trace_number(5); }).join();
  });
  all.emplace_back([&] {
    while (!done) static_cast<void>(Tracer::get().stats());
  });
  all.emplace_back([&] {
    while (!done) static_cast<void>(Tracer::get().flush(50ms));
  });
  all.emplace_back([&] {
    auto exporter = std::make_shared<MemoryExporter>();
    while (!done) {
      Tracer other{test_options(exporter)};
      trace_number(other, 6);
    }
  });
  bool well = true;
  for (int i = 0; i < arguments.number(1); ++i) {
    const int base = 1000 + i * 10;
    const pid_t child = fork_and([base] {
      trace_numbers(base, 10);
      end_child(10);
    });
    well = ends_well(child) && well;
  }
  done = true;
  for (auto& thread : all) thread.join();
  static_cast<void>(Tracer::get().close(20s));
  const Stats stats = Tracer::get().stats();
  print_books(stats);
  return well ? 0 : 1;
}

int count_module(dl_phdr_info*, std::size_t, void* count) {
  ++*static_cast<int*>(count);
  return 0;
}

// url, forks. A thread of the host looks through the loaded modules all the time, as those do that unwind.
// Then no child may: the C library leaves the lock of that locked there. In each the tracer is closed, in
// every fourth one another is started then, and every fourth is forked when the parent has none.
int fork_while_modules_are_walked(const Arguments& arguments) {
  std::atomic<bool> done{false};
  std::thread walker{[&done] {
    while (!done) {
      int count = 0;
      ::dl_iterate_phdr(&count_module, &count);
    }
  }};
  bool well = true;
  for (int i = 0; well && i < arguments.number(1); ++i) {
    std::optional<Tracer> tracer;
    tracer.emplace(options_for(arguments.url()));
    const int base = 1000 + i * 10;
    if (i % 4 == 3) tracer.reset();
    const pid_t child = fork_and([&] {
      if (tracer) {
        trace_numbers(*tracer, base, 10);
        if (!tracer->close(10s)) ::_exit(1);
      }
      if (i % 4 == 1) {
        Tracer another{options_for(arguments.url())};
        trace_numbers(another, base, 10);
        ::_exit(another.close(10s) ? 0 : 2);
      }
      ::_exit(0);
    });
    well = ends_well(child);
  }
  done = true;
  walker.join();
  return well ? 0 : 1;
}

// forks. Nor may the library be the one who walks as the host forks: it does so as it is asked to start, even
// where the options say that it is off.
int fork_and_walk_modules(const Arguments& arguments) {
  std::atomic<bool> done{false};
  std::thread starter{[&done] {
    Options off;
    off.enabled = false;
    while (!done) Tracer{off};
  }};
  bool well = true;
  for (int i = 0; well && i < arguments.number(0); ++i) {
    const pid_t child = fork_and([] {
      int count = 0;
      ::dl_iterate_phdr(&count_module, &count);
      ::_exit(count > 0 ? 0 : 1);
    });
    well = ends_well(child);
  }
  done = true;
  starter.join();
  return well ? 0 : 1;
}

// A tracer can be started in a child, whatever its parent had.
int fork_then_init(const Arguments& arguments) {
  bool well = true;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = fork_and([&arguments, i] {
      const auto guard = Tracer::init(options_for(arguments.url()));
      trace_numbers(1000 + i * 10, 10);
      end_child(10);
    });
    well = ends_well(child) && well;
    if (i == 0) {  // the second child's parent has used and closed the library
      const auto guard = Tracer::init(options_for(arguments.url()));
      trace_numbers(0, 10);
    }
  }
  print_books(Tracer::get().stats());
  return well ? 0 : 1;
}

// system(), popen() and posix_spawn() children run no handler of ours, and must not send anything.
int spawn_children(const Arguments& arguments) {
  const auto guard = Tracer::init(options_for(arguments.url()));
  bool well = true;
  for (int i = 0; i < 20; ++i) {
    trace_numbers(i * 10, 10);
    char name[] = "true";
    char* words[] = {name, nullptr};
    pid_t spawned = -1;
    well =
        ::posix_spawnp(&spawned, name, nullptr, nullptr, words, environ) == 0 && ends_well(spawned) && well;
    const pid_t vforked = ::vfork();
    if (vforked == 0) {
      ::execlp(name, name, static_cast<char*>(nullptr));
      ::_exit(1);
    }
    well = ends_well(vforked) && well;
    well = std::system("true") == 0 && well;
  }
  return end_parent(well);
}

// The exporter's own thread forks: it alone goes on in the child.
int fork_in_an_exporter(const Arguments&) {
  class Forking final : public Exporter {
   public:
    bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override {
      const pid_t child = fork_and([] { ::_exit(Tracer::get().stats().balanced() ? 0 : 1); });
      return ends_well(child);
    }
  };
  Options options = options_for("");
  options.exporter.clear();
  options.exporters = {std::make_shared<Forking>()};
  const auto guard = Tracer::init(options);
  bool well = true;
  for (int i = 0; i < 10; ++i) {
    trace_number(i);
    well = Tracer::get().flush(20s) && well;
  }
  return end_parent(well);
}

}  // namespace

void add_fork_scenarios(std::map<std::string, int (*)(const Arguments&)>& scenarios) {
  scenarios.insert({{"fork_once", fork_once},
                    {"fork_then_exit", fork_then_exit},
                    {"fork_silent_child", fork_silent_child},
                    {"fork_with_a_scoped_tracer", fork_with_a_scoped_tracer},
                    {"fork_nested", fork_nested},
                    {"fork_with_open_spans", fork_with_open_spans},
                    {"fork_under_load", fork_under_load},
                    {"fork_while_locks_are_held", fork_while_locks_are_held},
                    {"fork_while_modules_are_walked", fork_while_modules_are_walked},
                    {"fork_and_walk_modules", fork_and_walk_modules},
                    {"fork_then_init", fork_then_init},
                    {"fork_in_an_exporter", fork_in_an_exporter},
                    {"spawn_children", spawn_children}});
}

}  // namespace llmtrace::fault_host
