// What the process's core does for tracers: their life, and the slow paths of their spans.
#include "runtime/closing.hpp"
#include "runtime/exit_call.hpp"
#include "runtime/no_cancel.hpp"
#include "runtime/process_hooks.hpp"
#include "runtime/shells.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace llmtrace::runtime {

using detail::DropBefore;
using detail::Misuse;

namespace {

struct Told {
  Diagnostic::Level level;
  const char* kind;
  const char* message;
};

// However long somebody is ready to wait: no overflow, and nothing below zero.
TimePoint later(TimePoint from, std::int64_t milliseconds) noexcept {
  constexpr std::int64_t most = 24 * 3600 * 1000;
  return from + std::chrono::milliseconds{std::clamp<std::int64_t>(milliseconds, 0, most)};
}

// A shell for a new tracer, or what is to be told instead.
std::optional<Told> begin_start(bool as_default, Shell*& out) noexcept {
  const LifeLock lock = lock_life();
  if (life().exiting)
    return Told{Diagnostic::Level::warning, "config", "a tracer cannot be started while the process exits"};
  const bool taken =
      life().default_starts || own_core().default_tracer.load(std::memory_order_relaxed) != nullptr;
  if (as_default && taken)
    return Told{Diagnostic::Level::warning, "config",
                "the default tracer runs already; this init does nothing"};
  out = take_shell();
  if (out == nullptr)
    return Told{Diagnostic::Level::error, "startup", "there are too many tracers; this one is off"};
  own(*out, Use::starting);
  if (as_default) life().default_starts = true;
  return std::nullopt;
}

// What is wrong, or null. The shell is ours alone.
const char* start_in(Shell& shell, Config& config, bool as_default) noexcept {
  TracerRuntime& runtime = runtime_of(*shell.core);
  const bool http = exporting::uses_http(config.exports);
  shell.core->is_default.store(as_default, std::memory_order_relaxed);
  if (const char* problem = runtime.start(std::move(config))) return problem;
  if (shell.module == nullptr) shell.module = hold_this_module();
  find_exit();
  {
    const LifeLock lock = lock_life();
    if (prepare_this_process(http)) return nullptr;
  }
  const TimePoint now = std::chrono::steady_clock::now();
  runtime.begin_close(now);
  static_cast<void>(runtime.finish_close(now));
  let_go_of(std::exchange(shell.module, nullptr));
  return "out of memory; tracing is off";
}

void end_start(Shell& shell, bool as_default, bool started) noexcept {
  const LifeLock lock = lock_life();
  if (as_default) life().default_starts = false;
  if (started)
    show(shell, as_default);
  else
    shell.use = Use::free;
  life_changed().notify_all();
}

// What is to be told about it, if anything.
std::optional<Told> start_shell(Config& config, bool as_default, TracerCore*& out,
                                HostObjects& leftover) noexcept {
  Shell* shell = nullptr;
  if (const auto refused = begin_start(as_default, shell)) return refused;
  const char* problem = start_in(*shell, config, as_default);
  if (problem != nullptr) leftover = runtime_of(*shell->core).take_host_objects();
  end_start(*shell, as_default, problem == nullptr);
  if (problem != nullptr) return Told{Diagnostic::Level::error, "startup", problem};
  out = shell->core;
  return std::nullopt;
}

bool is_use(const TracerCore& tracer, std::uint32_t session) noexcept {
  return detail::use_of_session(tracer.session.load(std::memory_order_relaxed)) ==
         detail::use_of_session(session);
}

// Until when a close may take. With the lock held.
TimePoint close_deadline(const Shell& shell, TimePoint called, std::int64_t milliseconds) noexcept {
  if (milliseconds >= 0) return later(called, milliseconds);
  if (life().exiting) return exit_deadline(shell);
  return later(called, runtime_of(*shell.core).shutdown_timeout().count());
}

// Whether a close has something to end. What has ended already says nothing about the process.
bool is_open(const Shell& shell, std::uint32_t session) noexcept {
  const LifeLock lock = lock_life();
  return is_use(*shell.core, session) && shell.use != Use::free;
}

struct Claim {
  bool is_ours = false;  // to be finished by us
  bool result = true;    // otherwise
  TimePoint deadline{};
};

// The close of a shell is one thread's; others wait for it, each within its own time.
Claim claim_close(Shell& shell, std::uint32_t session, TimePoint called, std::int64_t milliseconds) noexcept {
  LifeLock lock = lock_life();
  const auto is_current = [&] { return is_use(*shell.core, session) && shell.use != Use::starting; };
  if (!is_current()) return {};
  const TimePoint deadline = close_deadline(shell, called, milliseconds);
  if (shell.use == Use::closing && is_owned_by_us(shell)) return {false, false, deadline};
  if (!wait_for_life(lock, deadline, [&] { return !is_current() || shell.use != Use::closing; }))
    return {false, false, deadline};
  if (!is_current()) return {};
  if (shell.use == Use::free) return {false, shell.clean, deadline};
  const bool runs = shell.use == Use::running;
  own(shell, Use::closing);
  if (runs) hide(shell);
  lock.unlock();
  if (runs) runtime_of(*shell.core).begin_close(deadline);
  return {true, false, deadline};
}

}  // namespace

// The host is told without a lock being held: its callback may call us, or end the process.
TracerCore* start_tracer(const Options& options, bool as_default) noexcept {
  const NoCancel no_cancel;
  HostObjects leftover;
  TracerCore* started = nullptr;
  try {
    Config config = make_config(options);
    const int threshold = config.log_threshold;
    Reporter reporter{options.on_error, threshold};
    for (const Problem& problem : config.problems)
      reporter.report(problem.level, problem.kind, problem.message);
    if (!config.enabled) return nullptr;
    // By a reporter of its own: a wrong setting must not be all that is told of an init that does nothing.
    if (const auto told = start_shell(config, as_default, started, leftover))
      Reporter{options.on_error, threshold}.report(told->level, told->kind, told->message);
    return started;
  } catch (...) {  // no memory, or a callback that cannot be copied
    return started;
  }
}

bool flush_tracer(TracerCore& tracer, std::int64_t milliseconds) noexcept {
  const NoCancel no_cancel;
  return runtime_of(tracer).flush(later(std::chrono::steady_clock::now(), milliseconds));
}

bool close_tracer(TracerCore& tracer, std::uint32_t session, std::int64_t milliseconds) noexcept {
  const NoCancel no_cancel;
  const TimePoint called = std::chrono::steady_clock::now();
  if (runtime_of(tracer).is_worker_thread()) return false;  // it cannot wait for itself
  HostObjects leftover;
  Shell& shell = life().shells[tracer.index];
  if (is_open(shell, session) && is_called_by_exit()) begin_exit(called);
  const Claim claim = claim_close(shell, session, called, milliseconds);
  return claim.is_ours ? finish_closing(shell, claim.deadline, &leftover) : claim.result;
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
