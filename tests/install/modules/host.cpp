// host SCENARIO: checks that tracer and current span are one across the program and its plugins, however they
// start.
#include "plugin.hpp"
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/testing.hpp>

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <string>

using namespace llmtrace;

namespace {

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::exit(1);
}

struct Plugin {
  explicit Plugin(const char* path) : handle{dlopen(path, RTLD_NOW | RTLD_LOCAL)} {
    if (handle == nullptr) std::fprintf(stderr, "%s\n", dlerror());
    check(handle != nullptr, "the plugin loads");
    start = reinterpret_cast<PluginStart>(dlsym(handle, "plugin_start"));
    stop = reinterpret_cast<PluginStop>(dlsym(handle, "plugin_stop"));
    span = reinterpret_cast<PluginSpan>(dlsym(handle, "plugin_span"));
  }
  void* handle;
  PluginStart start = nullptr;
  PluginStop stop = nullptr;
  PluginSpan span = nullptr;
};

struct Nesting {
  Plugin* inner;
  PluginIds inner_ids{};
  std::string seen_by_host;
};

void inside_first(void* argument) {
  auto& nesting = *static_cast<Nesting*>(argument);
  nesting.seen_by_host = current_span().span_id();
  nesting.inner->span("inner", &nesting.inner_ids, nullptr, nullptr);
}

// host trace ▶ span of one plugin ▶ span of the other: one trace, each the child of the one before.
void check_one_trace(Plugin& first, Plugin& second) {
  PluginIds ids{};
  Nesting nesting{&second};
  std::string trace_id;
  {
    TraceScope trace{"host"};
    trace_id = trace.trace_id();
    first.span("outer", &ids, inside_first, &nesting);
    check(current_span().span_id() == trace.span_id(), "the host's span is current again");
  }
  check(trace_id != std::string(32, '0'), "the host's trace is recorded");
  check(trace_id == ids.trace && trace_id == nesting.inner_ids.trace, "all spans belong to one trace");
  check(nesting.seen_by_host == ids.span, "the host sees the plugin's span as current");
}

void check_delivered(const MemoryExporter& memory) {
  const auto host = memory.span("host");
  const auto outer = memory.span("outer");
  const auto inner = memory.span("inner");
  check(host && outer && inner, "one exporter gets the spans of all modules");
  check(outer->parent_span_id == host->span_id && inner->parent_span_id == outer->span_id,
        "the tree is right");
  check(Tracer::get().stats().balanced(), "the books are balanced");
}

void host_starts_first() {
  auto memory = std::make_shared<MemoryExporter>();
  auto tracing = Tracer::init(test_options(memory));
  Plugin a{"./plugin_a.so"};
  Plugin b{"./plugin_b.so"};
  check(!a.start(), "a second init is inert");
  check_one_trace(a, b);
  tracing.flush();
  check_delivered(*memory);
}

void host_starts_after_loading() {
  Plugin a{"./plugin_a.so"};
  Plugin b{"./plugin_b.so"};
  auto memory = std::make_shared<MemoryExporter>();
  auto tracing = Tracer::init(test_options(memory));
  check_one_trace(b, a);
  tracing.flush();
  check_delivered(*memory);
}

void plugin_starts() {
  setenv("TRACER_EXPORTER", "none", 1);
  Plugin a{"./plugin_a.so"};
  check(a.start(), "the plugin starts the tracer");
  check(Tracer::get().enabled(), "the host's tracer is the one that the plugin started");
  Plugin b{"./plugin_b.so"};
  check_one_trace(a, b);
  check(Tracer::get().stats().ended == 3, "the books are one");
  a.stop();
  check(!Tracer::get().enabled(), "the plugin stops it for all");
  PluginIds ids{};
  b.span("after", &ids, nullptr, nullptr);
  check(std::string(ids.trace) == std::string(32, '0'), "then spans are inert everywhere");
  auto memory = std::make_shared<MemoryExporter>();
  auto tracing = Tracer::init(test_options(memory));
  check_one_trace(b, a);
  tracing.flush();
  check_delivered(*memory);
}

// Loads, traces, stops and unloads again and again: nothing of the plugin may be left behind that is called
// later.
void plugin_comes_and_goes() {
  setenv("TRACER_EXPORTER", "none", 1);
  for (int round = 0; round < 20; ++round) {
    Plugin a{"./plugin_a.so"};
    PluginIds ids{};
    check(a.start(), "the plugin starts the tracer");
    a.span("outer", &ids, nullptr, nullptr);
    check(std::string(ids.trace) != std::string(32, '0'), "its span is recorded");
    a.stop();
    dlclose(a.handle);
  }
}

void future_version_runs() {
  check(dlopen("./plugin_of_the_future.so", RTLD_NOW | RTLD_LOCAL) != nullptr, "the future plugin loads");
  int warnings = 0;
  Options options;
  options.exporter = "none";
  options.on_error = [&warnings](const Diagnostic& diagnostic) {
    warnings += diagnostic.kind == "version" ? 1 : 0;
  };
  auto tracing = Tracer::init(options);
  check(!tracing && !Tracer::get().enabled(), "beside an incompatible version the tracer stays off");
  check(warnings == 1, "and says so once");
  TraceScope trace{"host"};
  check(!trace.recording(), "its spans are inert");
}

}  // namespace

int main(int count, char** arguments) {
  const std::string scenario = count > 1 ? arguments[1] : "";
  if (scenario == "host_starts_first")
    host_starts_first();
  else if (scenario == "host_starts_after_loading")
    host_starts_after_loading();
  else if (scenario == "plugin_starts")
    plugin_starts();
  else if (scenario == "plugin_comes_and_goes")
    plugin_comes_and_goes();
  else if (scenario == "future_version_runs")
    future_version_runs();
  else
    return 2;
  std::printf("ok\n");
}
