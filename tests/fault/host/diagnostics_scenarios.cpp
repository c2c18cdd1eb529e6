// What the library writes to stderr, and what becomes of it: nobody reads, nobody takes it away, it is said
// again and again.
#include "fault/child_process.hpp"
#include "fault/host/scenarios.hpp"
#include "fault/numbered_spans.hpp"

#include <cstdio>
#include <dlfcn.h>
#include <fcntl.h>
#include <map>
#include <string>
#include <unistd.h>

namespace llmtrace::fault_host {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;

// What it has to say goes to stderr.
Options speaking_options_for(const std::string& url) {
  Options options = options_for(url);
  options.on_error = nullptr;
  return options;
}

void say_something() {
  const Tracer tracer{speaking_options_for("no url at all")};
  if (tracer.enabled()) std::fputs("a wrong url is right\n", stdout);
}

int stderr_without_a_reader(const Arguments&) {
  int ends[2];
  if (::pipe(ends) != 0 || ::dup2(ends[1], STDERR_FILENO) < 0) return cannot_play;
  ::close(ends[0]);
  say_something();
  return 0;
}

int stderr_that_is_full(const Arguments&) {
  int ends[2];
  if (::pipe(ends) != 0 || ::dup2(ends[1], STDERR_FILENO) < 0) return cannot_play;
  ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  while (::write(ends[1], "x", 1) == 1) continue;
  ::fcntl(ends[1], F_SETFL, 0);
  say_something();
  return 0;
}

// url, times: one start after the other fails, is refused, or finds no service.
int the_same_again_and_again(const Arguments& arguments) {
  const auto running = Tracer::init(speaking_options_for(arguments.url()));
  for (int i = 0; i < arguments.number(1); ++i) {
    say_something();
    const auto refused = Tracer::init(speaking_options_for(arguments.url()));
    Tracer tracer{speaking_options_for(arguments.url())};
    trace_number(tracer, i);
    tracer.close(5s);
  }
  return 0;
}

// log: beside a copy of the library of another version, which keeps this one off.
int another_version_is_here(const Arguments& arguments) {
  const std::string other = beside_this_program("llmtrace_other_version.so");
  if (::dlopen(other.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr) return 1;
  Options options = speaking_options_for("http://127.0.0.1:1");
  options.log = arguments.word(0);
  for (int i = 0; i < 3; ++i)
    if (Tracer::init(options)) return 2;
  return 0;
}

}  // namespace

void add_diagnostics_scenarios(std::map<std::string, int (*)(const Arguments&)>& scenarios) {
  scenarios.insert({{"stderr_without_a_reader", stderr_without_a_reader},
                    {"stderr_that_is_full", stderr_that_is_full},
                    {"another_version_is_here", another_version_is_here},
                    {"the_same_again_and_again", the_same_again_and_again}});
}

}  // namespace llmtrace::fault_host
