// The public face of tracers: every call goes to the one core of the process, in whichever module that lies.
#include "runtime/auto_instrument.hpp"
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

TracerCore* start(const Options& options, bool as_default) noexcept {
  Core* core = runtime::choose_core();
  if (core != nullptr) return core->life.start(options, as_default);
  runtime::Reporter{options.on_error, static_cast<int>(Diagnostic::Level::warning)}.report(
      Diagnostic::Level::warning, "version",
      "another module of this process runs an incompatible version of llmtrace; this one stays off");
  return nullptr;
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
  const bool started = start(options, true) != nullptr;
  if (started && !options.auto_instrument.empty()) runtime::instrument_at_start(options.auto_instrument);
  return TracerGuard{started};
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

bool Tracer::flush(std::chrono::milliseconds timeout) noexcept {
  TracerCore* tracer = core();
  return tracer == nullptr || detail::started_core()->life.flush(*tracer, timeout.count());
}

bool Tracer::close(std::chrono::milliseconds timeout) noexcept {
  TracerCore* tracer = core();
  if (tracer == nullptr) return true;
  const std::uint32_t session = is_default_ ? tracer->session.load(std::memory_order_relaxed) : session_;
  return detail::started_core()->life.close(*tracer, session, timeout.count());
}

Stats Tracer::stats() const {
  Stats stats;
  Core* process = detail::started_core();
  if (process == nullptr) return stats;
  TracerCore* tracer = is_default_ ? process->last_default.load(std::memory_order_acquire) : core();
  if (tracer != nullptr) process->life.read_stats(*tracer, stats);
  return stats;
}

Stats TracerGuard::stats() const { return Tracer::get().stats(); }

bool Stats::balanced() const noexcept {
  if (started != open + ended + dropped_before.sum()) return false;
  return std::all_of(exporters.begin(), exporters.end(),
                     [this](const ExporterStats& exporter) { return exporter.sum() == ended; });
}

LLMTRACE_END_NAMESPACE
