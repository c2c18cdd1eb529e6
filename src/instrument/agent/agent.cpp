// The agent: a library that traces the program which loads it, by LD_PRELOAD or dlopen(). Its constructor
// leads the calls of libcurl to the hooks and nothing more. The tracer, with its thread and its memory,
// starts with the first call of a model: in a program that makes none, the agent does nothing.
#include "instrument/agent/agent_settings.hpp"
#include "instrument/library_loading.hpp"
#include "instrument/run_book.hpp"
#include "instrument/run_book_writer.hpp"
#include "instrument/tracking.hpp"
#include "net/own_descriptors.hpp"
#include "runtime/environment.hpp"
#include <llmtrace/instrument.hpp>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>
#include <thread>

namespace llmtrace::instrument {
namespace {

bool has_book = false;

void start_tracer_now() noexcept {
  const QuietLoading quiet;
  try {
    Options options = agent_options();
    if (has_book) keep_run_book(options);
    // never destroyed: the exit handler closes the tracer, when the program has done its last call
    alignas(TracerGuard) static unsigned char memory[sizeof(TracerGuard)];
    new (memory) TracerGuard{Tracer::init(options)};
  } catch (const std::bad_alloc&) {
    return;
  }
}

// One attempt a process: what the environment says wrong is not said again with every call. Threads that come
// meanwhile wait, some milliseconds at the most: their first calls are spans, too. glibc begins anew in a
// child that was forked in between.
void start_tracer() noexcept {
  static std::once_flag once;
  static std::atomic<std::thread::id> starter{};
  if (Tracer::get().enabled() || starter.load(std::memory_order_relaxed) == std::this_thread::get_id())
    return;
  std::call_once(once, [] {
    starter.store(std::this_thread::get_id(), std::memory_order_relaxed);
    start_tracer_now();
    starter.store({}, std::memory_order_relaxed);
  });
}

bool is_switched_off() {
  const auto wanted = runtime::Environment{true}.get("TRACING_ENABLED");
  return wanted && runtime::parse_bool(*wanted) == false;
}

__attribute__((constructor)) void start_agent() noexcept {
  try {
    if (is_switched_off()) return;
    has_book = open_run_book(std::getenv(run_book_variable));
    net::keep_descriptors_apart();
    set_tracer_starter(&start_tracer);
    static_cast<void>(enable_auto_tracing({}, agent_instrument_options()));
  } catch (const std::bad_alloc&) {
    return;
  }
}

}  // namespace
}  // namespace llmtrace::instrument
