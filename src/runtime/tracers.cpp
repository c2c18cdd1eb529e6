// The tracers of the process: shells are taken from here and come back, and what happens to the whole process
// (exit, fork, unloading) reaches each of them.
#include "runtime/modules.hpp"
#include "runtime/no_cancel.hpp"
#include "runtime/tracer_runtime.hpp"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <new>
#include <optional>
#include <pthread.h>
#include <utility>

namespace llmtrace::runtime {

using detail::Core;
using detail::DropBefore;
using detail::Misuse;

namespace {

constinit std::mutex life_mutex;  // init and close, one at a time
constinit TracerCore* shells[detail::max_tracers] = {};
constinit bool in_use[detail::max_tracers] = {};
constinit unsigned live_count = 0;
constinit std::uint32_t next_shell = 0;
constinit bool exit_is_handled = false;
constinit bool exit_is_handled_before_http = false;
constinit bool fork_is_handled = false;
constinit bool exiting = false;
constinit void* self_reference = nullptr;

// However long somebody is ready to wait: no overflow, and nothing below zero.
TimePoint deadline_in(std::int64_t milliseconds) noexcept {
  constexpr std::int64_t most = 24 * 3600 * 1000;
  return std::chrono::steady_clock::now() +
         std::chrono::milliseconds{std::clamp<std::int64_t>(milliseconds, 0, most)};
}

TracerCore* make_shell(std::uint32_t index) noexcept {
  auto* core = new (std::nothrow) TracerCore;
  if (core == nullptr) return nullptr;
  core->index = index;
  core->runtime = new (std::nothrow) TracerRuntime{*core};
  if (core->runtime != nullptr) return core;
  delete core;
  return nullptr;
}

// In turn, so that a thread which still ends a span of the last tracer does not meet the settings of the next
// one.
TracerCore* take_shell() noexcept {
  for (std::uint32_t tried = 0; tried < detail::max_tracers; ++tried) {
    const std::uint32_t i = next_shell++ % detail::max_tracers;
    if (in_use[i] || (shells[i] != nullptr && !runtime_of(*shells[i]).reusable())) continue;
    if (shells[i] == nullptr) {
      TracerCore* made = make_shell(i);
      const std::lock_guard lock{core_mutex()};  // a fork must find the same tracers before and after
      shells[i] = made;
    }
    if (shells[i] != nullptr) in_use[i] = true;
    return shells[i];
  }
  return nullptr;
}

// While workers run, their code must stay loaded, whoever calls dlclose.
void hold_this_module() noexcept {
  Dl_info module{};
  if (self_reference != nullptr || ::dladdr(reinterpret_cast<const void*>(&hold_this_module), &module) == 0)
    return;
  self_reference = ::dlopen(module.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
}
void let_this_module_go() noexcept {
  if (self_reference == nullptr || exiting) return;
  ::dlclose(self_reference);
  self_reference = nullptr;
}

template <class Visit>
void for_each_tracer(Visit visit) noexcept {
  for (TracerCore* shell : shells)
    if (shell != nullptr) visit(runtime_of(*shell));
}

// While the process exits guards go on to find their tracer: what they start is counted as lost by the
// shutdown.
void hide(TracerCore& core) noexcept {
  Core& process = own_core();
  if (process.default_tracer.load(std::memory_order_relaxed) == &core)
    process.default_tracer.store(nullptr, std::memory_order_release);
  if (live_count == 0) set_active(false);
}

bool close_locked(TracerCore& core, TimePoint deadline) noexcept {
  --live_count;
  if (!exiting) hide(core);
  TracerRuntime& runtime = runtime_of(core);
  runtime.begin_close(deadline);
  const bool clean = runtime.finish_close(deadline);
  in_use[core.index] = false;
  if (live_count == 0 && runtime.reusable()) let_this_module_go();
  return clean;
}

// Runs before the exit handlers of curl and its TLS library, which were registered earlier. All tracers end
// at the same time, so that none uses up the time of another.
void close_all_at_exit() noexcept {
  const NoCancel no_cancel;
  const std::lock_guard lock{life_mutex};
  exiting = true;
  const TimePoint now = std::chrono::steady_clock::now();
  const auto for_each_in_use = [now](auto&& visit) {
    for (std::uint32_t i = 0; i < detail::max_tracers; ++i)
      if (in_use[i]) visit(*shells[i], now + runtime_of(*shells[i]).shutdown_timeout());
  };
  for_each_in_use([](TracerCore& core, TimePoint deadline) { runtime_of(core).begin_close(deadline); });
  for_each_in_use([](TracerCore& core, TimePoint deadline) { close_locked(core, deadline); });
}

// In a forked child: what another thread of the parent was starting or closing will never be.
void drop_half_open_tracers() noexcept {
  live_count = 0;
  for (std::uint32_t i = 0; i < detail::max_tracers; ++i) {
    in_use[i] = in_use[i] && shells[i]->live();
    if (in_use[i]) ++live_count;
    if (!in_use[i] && shells[i] != nullptr &&
        own_core().default_tracer.load(std::memory_order_relaxed) == shells[i])
      own_core().default_tracer.store(nullptr, std::memory_order_relaxed);
  }
  if (live_count == 0) set_active(false);
}

void before_fork() noexcept {
  core_mutex().lock();
  for_each_tracer([](TracerRuntime& runtime) { runtime.before_fork(); });
}
void after_fork_in_parent() noexcept {
  for_each_tracer([](TracerRuntime& runtime) { runtime.after_fork_in_parent(); });
  core_mutex().unlock();
}
void after_fork_in_child() noexcept {
  keep_only_this_thread();
  orphan_open_records();
  for_each_tracer([](TracerRuntime& runtime) { runtime.after_fork_in_child(); });
  core_mutex().unlock();
  new (&life_mutex) std::mutex;  // another thread of the parent may have held it
  drop_half_open_tracers();
}

// Exit handlers run in reverse: ours must be younger than those of the HTTP library, which come with its
// first use.
bool handle_exit(bool http) noexcept {
  bool& handled = http ? exit_is_handled_before_http : exit_is_handled;
  if (handled || exit_is_handled_before_http) return true;
  return handled = std::atexit(close_all_at_exit) == 0;
}

bool prepare_this_process(bool http) noexcept {
  if (!fork_is_handled)
    fork_is_handled = ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
  return fork_is_handled && handle_exit(http);
}

void forget_tracers() noexcept {
  own_core().last_default.store(nullptr, std::memory_order_relaxed);
  for (TracerCore*& shell : shells) {
    if (shell == nullptr) continue;
    delete &runtime_of(*shell);
    delete std::exchange(shell, nullptr);
  }
}

// The module is unloaded, which happens only when no tracer lives. At exit it is left as it is: other threads
// may still be tracing. Our exit handler tells which of the two it is: at exit it runs before this, at an
// unloading after it.
__attribute__((destructor)) void leave_process() noexcept {
  if (exiting) return;
  forget_threads();
  forget_tracers();
}

const char* const no_tracer_left = "there are too many tracers; this one is off";
const char* const no_handlers = "out of memory; tracing is off";

// What is wrong, or null.
const char* start_locked(Config& config, bool as_default, TracerCore*& out, HostObjects& leftover) noexcept {
  TracerCore* core = take_shell();
  if (core == nullptr) return no_tracer_left;
  TracerRuntime& runtime = runtime_of(*core);
  const bool http = exporting::uses_http(config.exports);
  core->is_default.store(as_default, std::memory_order_relaxed);
  const char* problem = runtime.start(std::move(config));
  if (problem == nullptr && !prepare_this_process(http)) {
    runtime.begin_close(std::chrono::steady_clock::now());
    static_cast<void>(runtime.finish_close(std::chrono::steady_clock::now()));
    problem = no_handlers;
  }
  if (problem != nullptr) {
    leftover = runtime.take_host_objects();
    in_use[core->index] = false;
    return problem;
  }
  hold_this_module();
  ++live_count;
  Core& process = own_core();
  if (as_default) process.default_tracer.store(core, std::memory_order_release);
  if (as_default || process.last_default.load(std::memory_order_relaxed) == core)
    process.last_default.store(as_default ? core : nullptr, std::memory_order_release);
  set_active(true);
  out = core;
  return nullptr;
}

// A worker may be what the holder of the lock waits for: it does not wait in turn.
std::unique_lock<std::mutex> lock_life() noexcept {
  if (exporting::Lane::is_any_lane()) return std::unique_lock{life_mutex, std::try_to_lock};
  return std::unique_lock{life_mutex};
}

struct Told {
  Diagnostic::Level level;
  const char* kind;
  const char* message;
};

// What is to be told about it, if anything.
std::optional<Told> start_exclusively(Config& config, bool as_default, TracerCore*& out,
                                      HostObjects& leftover) noexcept {
  const std::unique_lock lock = lock_life();
  if (!lock.owns_lock())
    return Told{Diagnostic::Level::warning, "config",
                "another tracer is being started or closed; this init does nothing"};
  if (exiting)
    return Told{Diagnostic::Level::warning, "config", "a tracer cannot be started while the process exits"};
  if (as_default && own_core().default_tracer.load(std::memory_order_relaxed) != nullptr)
    return Told{Diagnostic::Level::warning, "config",
                "the default tracer runs already; this init does nothing"};
  const char* problem = start_locked(config, as_default, out, leftover);
  if (problem == nullptr) return std::nullopt;
  return Told{Diagnostic::Level::error, "startup", problem};
}

}  // namespace

// The host is told without a lock being held: its callback may call us, or end the process.
TracerCore* start_tracer(const Options& options, bool as_default) noexcept {
  const NoCancel no_cancel;
  HostObjects leftover;
  TracerCore* started = nullptr;
  try {
    Config config = make_config(options);
    Reporter reporter{options.on_error, config.log_threshold};
    for (const Problem& problem : config.problems)
      reporter.report(problem.level, problem.kind, problem.message);
    if (!config.enabled) return nullptr;
    if (const auto told = start_exclusively(config, as_default, started, leftover))
      reporter.report(told->level, told->kind, told->message);
    return started;
  } catch (...) {  // no memory, or a callback that cannot be copied
    return started;
  }
}

bool flush_tracer(TracerCore& tracer, std::int64_t milliseconds) noexcept {
  const NoCancel no_cancel;
  return runtime_of(tracer).flush(deadline_in(milliseconds));
}

bool close_tracer(TracerCore& tracer, std::uint32_t session, std::int64_t milliseconds) noexcept {
  const NoCancel no_cancel;
  if (runtime_of(tracer).is_worker_thread()) return false;  // it cannot wait for itself
  HostObjects leftover;
  const std::unique_lock lock = lock_life();
  if (!lock.owns_lock()) return false;
  const std::uint32_t current = tracer.session.load(std::memory_order_relaxed);
  if (!in_use[tracer.index] || detail::use_of_session(current) != detail::use_of_session(session))
    return true;
  const std::int64_t budget = milliseconds < 0 ? runtime_of(tracer).shutdown_timeout().count() : milliseconds;
  const bool clean = close_locked(tracer, deadline_in(budget));
  leftover = runtime_of(tracer).take_host_objects();
  return clean;
}

void read_stats(TracerCore& tracer, Stats& out) { out = runtime_of(tracer).stats(); }

bool reserve_slowly(TracerCore& tracer, std::uint32_t need, detail::Reservation& out,
                    DropBefore* why) noexcept {
  const NoCancel no_cancel;  // in a forked child it starts the worker
  switch (runtime_of(tracer).reserve(need, out)) {
    case journal::Reserve::done: return true;
    case journal::Reserve::full: *why = DropBefore::journal_full; break;
    case journal::Reserve::too_large: *why = DropBefore::too_large; break;
    case journal::Reserve::closed: *why = DropBefore::shutdown; break;
    case journal::Reserve::out_of_memory: *why = DropBefore::out_of_memory; break;
  }
  return false;
}

void wake_worker(TracerCore& tracer) noexcept {
  const NoCancel no_cancel;  // write() is a place to be cancelled at
  runtime_of(tracer).wake();
}

bool sample(TracerCore& tracer, TraceId id, std::string_view name, SpanKind kind) noexcept {
  return runtime_of(tracer).sample(id, name, kind);
}

void ended_dead_span(ThreadState& thread, TracerCore& tracer, Record& record) noexcept {
  detail::Books* books = thread.books[tracer.index];
  if (books == nullptr) books = attach_books(thread, tracer);
  if (books == nullptr) return;
  const bool of_parent =
      record.session != 0 && record.session != tracer.session.load(std::memory_order_relaxed);
  books->misuse(of_parent ? Misuse::ended_after_fork : Misuse::ended_twice);
}

void trace_ended(TracerCore& tracer) noexcept {
  const NoCancel no_cancel;
  TracerRuntime& runtime = runtime_of(tracer);
  runtime.flush(std::chrono::steady_clock::now() + runtime.shutdown_timeout());
}

}  // namespace llmtrace::runtime
