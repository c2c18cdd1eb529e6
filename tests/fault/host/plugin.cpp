// A plugin with the library inside, as a static library in a shared object that is loaded and unloaded.
#include "fault/host/plugin.hpp"

#include "fault/books_text.hpp"
#include "fault/numbered_spans.hpp"
#include <llmtrace/exporter.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>

#define PLUGIN_API __attribute__((visibility("default")))

namespace {

using namespace llmtrace;
using namespace llmtrace::testing_support;

std::optional<TracerGuard> guard;

// Traces in its destructor, which runs as the plugin is unloaded, and leaves it with a span that is still
// open.
struct OpenAtUnload {
  std::optional<ManualSpan> span;
  OpenAtUnload() = default;
  OpenAtUnload(const OpenAtUnload&) = delete;
  OpenAtUnload& operator=(const OpenAtUnload&) = delete;
  ~OpenAtUnload() {
    if (!span) return;
    span.reset();
    trace_number(-1);
  }
} open_at_unload;

struct Stuck final : Exporter {
  std::mutex mutex;
  std::condition_variable changed;
  bool released = false;
  bool export_batch(const std::vector<SpanData>&, const std::vector<TraceData>&) override {
    std::unique_lock lock{mutex};
    changed.wait(lock, [this] { return released; });
    return true;
  }
};
std::shared_ptr<Stuck>& stuck() {
  static auto* const one = new std::shared_ptr<Stuck>;
  return *one;
}

}  // namespace

extern "C" {

PLUGIN_API bool plugin_start(const char* url) {
  guard.emplace(Tracer::init(options_for(url)));
  return static_cast<bool>(*guard);
}

PLUGIN_API void plugin_trace(int first, int count) { trace_numbers(first, count); }

PLUGIN_API bool plugin_stop(int milliseconds) {
  open_at_unload.span.emplace(start_span("open at unload"));
  return Tracer::get().close(std::chrono::milliseconds{milliseconds});
}

// With an exporter that comes back only when it is released.
PLUGIN_API bool plugin_start_stuck() {
  stuck() = std::make_shared<Stuck>();
  Options options = options_for("");
  options.exporter.clear();
  options.exporters = {stuck()};
  guard.emplace(Tracer::init(options));
  return static_cast<bool>(*guard);
}

PLUGIN_API void plugin_release() {
  const std::lock_guard lock{stuck()->mutex};
  stuck()->released = true;
  stuck()->changed.notify_all();
}

// Whether they balance.
PLUGIN_API bool plugin_print_books() {
  const Stats stats = Tracer::get().stats();
  print_books(stats);
  return stats.balanced();
}

PLUGIN_API long plugin_started() { return static_cast<long>(Tracer::get().stats().started); }
}
