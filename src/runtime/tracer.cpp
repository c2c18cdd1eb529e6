// The public face of tracers: every call goes to the one core of the process, in whichever module that lies.
#include "runtime/auto_instrument.hpp"
#include "runtime/config.hpp"
#include "runtime/core_state.hpp"
#include "runtime/modules.hpp"
#include "runtime/reporter.hpp"
#include <llmtrace/tracer.hpp>

#include <algorithm>
#include <new>

LLMTRACE_BEGIN_NAMESPACE

using detail::Core;
using detail::TracerCore;

namespace {

// As loud as the settings ask for, though no tracer runs by them.
void tell_of_other_version(const Options& options) noexcept {
  try {
    const runtime::Config config = runtime::make_config(options);
    runtime::Reporter{options.on_error, config.log_threshold}.report(
        Diagnostic::Level::warning, "version",
        "another module of this process runs an incompatible version of llmtrace; this one stays off");
  } catch (...) {  // no memory, or a callback that cannot be copied
  }
}

TracerCore* start(const Options& options, bool as_default) noexcept {
  Core* core = runtime::choose_core();
  if (core != nullptr) return core->life.start(options, as_default);
  tell_of_other_version(options);
  return nullptr;
}

bool flush_live(TracerCore& tracer, std::chrono::milliseconds timeout) noexcept {
  return detail::started_core()->life.flush(tracer, timeout.count());
}

// How the close of a tracer that is no longer live ends, or ended.
bool await_close(TracerCore& tracer, std::uint32_t session, std::chrono::milliseconds timeout) noexcept {
  return detail::started_core()->life.close(tracer, session, std::max<std::int64_t>(timeout.count(), 0));
}

}  // namespace

Tracer::Tracer(Default) noexcept : is_default_{true} {}

Tracer& Tracer::get() noexcept {
  alignas(Tracer) static unsigned char memory[sizeof(Tracer)];
  static Tracer* const the_default =
      new (memory) Tracer{Default{}};  // never destroyed: static destructors may trace
  return *the_default;
}

TracerGuard Tracer::init(const Options& options) noexcept {
  TracerCore* const core = start(options, true);
  if (core == nullptr) return TracerGuard{};
  if (!options.auto_instrument.empty()) runtime::instrument_at_start(options.auto_instrument);
  return TracerGuard{core};
}

TracerGuard Tracer::init() noexcept { return init(Options{}); }

Tracer::Tracer(const Options& options) noexcept : core_{start(options, false)} {
  if (core_ != nullptr) session_ = core_->session.load(std::memory_order_relaxed);
}

Tracer::~Tracer() {
  if (!is_default_) close();
}

TracerCore* Tracer::core() const noexcept {
  if (!is_default_) return is_current() ? core_ : nullptr;
  Core* core = detail::started_core();
  return core != nullptr ? core->default_tracer.load(std::memory_order_acquire) : nullptr;
}

// After the close its shell may serve another tracer.
bool Tracer::is_current() const noexcept {
  return core_ != nullptr && detail::use_of_session(core_->session.load(std::memory_order_acquire)) ==
                                 detail::use_of_session(session_);
}

bool Tracer::enabled() const noexcept {
  const TracerCore* tracer = core();
  return tracer != nullptr && tracer->live();
}

// A tracer that has closed, or that another thread is closing, says what the close says. Its session is asked
// for first: the next one could start in between, and is not to be closed.
bool Tracer::flush(std::chrono::milliseconds timeout) noexcept {
  TracerCore* last = last_core();
  if (last == nullptr) return true;
  const std::uint32_t session = last->session.load(std::memory_order_relaxed);
  TracerCore* tracer = core();
  return tracer != nullptr ? flush_live(*tracer, timeout) : await_close(*last, session, timeout);
}

// Also one that has closed, or is about to: its books are there until its shell serves another tracer.
TracerCore* Tracer::last_core() const noexcept {
  if (!is_default_) return core();
  Core* process = detail::started_core();
  return process != nullptr ? process->last_default.load(std::memory_order_acquire) : nullptr;
}

bool Tracer::close(std::chrono::milliseconds timeout) noexcept {
  TracerCore* tracer = last_core();
  if (tracer == nullptr) return true;
  const std::uint32_t session = is_default_ ? tracer->session.load(std::memory_order_relaxed) : session_;
  return detail::started_core()->life.close(*tracer, session, timeout.count());
}

Stats Tracer::stats() const {
  Stats stats;
  TracerCore* tracer = last_core();
  if (tracer != nullptr) detail::started_core()->life.read_stats(*tracer, stats);
  return stats;
}

TracerGuard::TracerGuard(TracerCore* core) noexcept
    : core_{core}, session_{core->session.load(std::memory_order_relaxed)}, owns_{true} {}

bool TracerGuard::is_current() const noexcept {
  return core_ != nullptr && detail::use_of_session(core_->session.load(std::memory_order_acquire)) ==
                                 detail::use_of_session(session_);
}

bool TracerGuard::flush(std::chrono::milliseconds timeout) noexcept {
  if (!owns_ || !is_current()) return owns_;
  return core_->live() ? flush_live(*core_, timeout) : await_close(*core_, session_, timeout);
}

bool TracerGuard::close(std::chrono::milliseconds timeout) noexcept {
  const bool owned = owns_;
  owns_ = false;
  return !owned || detail::started_core()->life.close(*core_, session_, timeout.count());
}

Stats TracerGuard::stats() const {
  if (core_ == nullptr) return Tracer::get().stats();
  Stats stats;
  if (is_current()) detail::started_core()->life.read_stats(*core_, stats);
  return stats;
}

bool Stats::balanced() const noexcept {
  if (started != open + ended + dropped_before.sum()) return false;
  return std::all_of(exporters.begin(), exporters.end(),
                     [this](const ExporterStats& exporter) { return exporter.sum() == ended; });
}

LLMTRACE_END_NAMESPACE
