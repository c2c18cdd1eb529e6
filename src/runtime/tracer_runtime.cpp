#include "runtime/tracer_runtime.hpp"

#include "core/wildcard.hpp"
#include "runtime/tick_clock.hpp"
#include <llmtrace/context.hpp>

#include <algorithm>
#include <new>
#include <random>
#include <sys/random.h>
#include <thread>
#include <utility>

namespace llmtrace::runtime {

using detail::Books;
using detail::DropBefore;
using detail::Misuse;

namespace {

std::uint32_t random_secret() noexcept {
  std::uint32_t secret = 0;
  if (::getrandom(&secret, sizeof(secret), GRND_NONBLOCK) == sizeof(secret) && secret != 0) return secret;
  return static_cast<std::uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count()) | 1u;
}

std::uint32_t to_u32(std::size_t value) noexcept {
  return static_cast<std::uint32_t>(std::min<std::size_t>(value, 0x7fffffffu));
}

// The low 56 bits of a trace id are random by the W3C recommendation, so services that share a trace agree.
std::uint64_t keep_below(double rate) noexcept {
  constexpr double all = 72057594037927936.0;  // 2^56
  return rate >= 1 ? ~0ULL : static_cast<std::uint64_t>(rate * all);
}

std::int64_t call_clock(void* clock) noexcept { return static_cast<Clock*>(clock)->now(); }
std::uint64_t call_id_source(void* ids) noexcept { return static_cast<IdSource*>(ids)->next(); }

}  // namespace

TracerRuntime::TracerRuntime(TracerCore& core) noexcept : core_{core}, journal_{core.journal, memory_} {}

// As the module is unloaded: nothing of the tracer runs any more.
TracerRuntime::~TracerRuntime() {
  while (books_ != nullptr) delete std::exchange(books_, books_->next);
  delete worker_books_;
}

void TracerRuntime::configure_core() noexcept {
  core_.capture_input = config_.capture_inputs;
  core_.capture_output = config_.capture_outputs;
  core_.waits_at_trace_end = config_.export_mode == ExportMode::on_trace_end;
  core_.has_sampling_rules = !config_.sample_rules.empty();
  core_.keep_below = keep_below(config_.sample_rate);
  core_.max_input = to_u32(config_.input_bytes);
  core_.max_output = to_u32(config_.output_bytes);
  core_.max_text = to_u32(config_.attribute_bytes);
  core_.max_name = to_u32(config_.name_bytes);
  core_.max_record = to_u32(config_.span_bytes);
  core_.max_capture = to_u32(config_.capture_bytes);
  core_.max_repeated = to_u32(config_.attributes * 2);
  core_.clock = config_.clock ? detail::ClockMode::custom : best_clock();
  core_.custom_now = config_.clock ? &call_clock : nullptr;
  core_.clock_state = config_.clock.get();
  core_.custom_id = config_.id_source ? &call_id_source : nullptr;
  core_.id_state = config_.id_source.get();
  set_process_parent();
}

void TracerRuntime::set_process_parent() noexcept {
  core_.has_process_parent = false;
  if (config_.traceparent.empty()) return;
  process_parent_ = from_traceparent(config_.traceparent, config_.tracestate);
  core_.process_parent = process_parent_.as_parent();
  core_.has_process_parent = process_parent_.valid();
}

const char* TracerRuntime::start(Config config) noexcept {
  try {
    config_ = std::move(config);
    reporter_.reset(config_.on_error, config_.log_threshold);
    if (!exporting::prepare_process(config_.exports))
      return "the HTTP library cannot be used; tracing is off";
    configure_core();
    lanes_.store(&no_lanes_, std::memory_order_release);  // the last tracer's, and its books with it
    core_.session.store(detail::next_use(core_.session.load(std::memory_order_relaxed)),
                        std::memory_order_release);
    if (!start_journal() || !start_lanes()) {
      journal_.close();
      stop_lanes(std::chrono::steady_clock::now());
      if (reusable_) journal_.destroy();
      return "the worker thread cannot be started; tracing is off";
    }
    core_.accepting.store(true, std::memory_order_release);
    return nullptr;
  } catch (const std::bad_alloc&) {
    return "out of memory; tracing is off";
  }
}

bool TracerRuntime::start_journal() noexcept {
  try {
    if (worker_books_ == nullptr) worker_books_ = new Books;
    worker_books_->open.store(0, std::memory_order_relaxed);
    worker_books_->dropped[static_cast<unsigned>(DropBefore::torn)].store(0, std::memory_order_relaxed);
    journal::Limits limits;
    limits.memory = config_.memory;
    limits.segment_bytes = journal::segment_bytes_for(config_.memory);
    limits.max_frame = to_u32(config_.span_bytes + 4096);
    const auto on_torn = [](void* books, int change) {
      auto& page = *static_cast<Books*>(books);
      Books::add(page.open, -change);
      Books::add(page.dropped[static_cast<unsigned>(DropBefore::torn)], change);
    };
    journal_.open(limits, exporting::count_exporters(config_.exports), random_secret(), on_torn,
                  worker_books_);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool TracerRuntime::start_lanes() noexcept {
  try {
    auto warn = [this](std::string_view kind, std::string_view message) {
      report(Diagnostic::Level::warning, kind, message);
    };
    auto made = std::make_unique<const Lanes>(
        exporting::make_lanes(config_.exports, {journal_, &read_clock, &core_, calibrated_map(core_), warn}));
    if (made->empty() && exporting::count_exporters(config_.exports) != 0) return false;
    previous_lanes_ = std::move(current_lanes_);
    current_lanes_ = std::move(made);
    lanes_.store(current_lanes_.get(), std::memory_order_release);
    return std::all_of(lanes().begin(), lanes().end(), [](const auto& lane) { return lane->start(); });
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool TracerRuntime::is_worker_thread() noexcept {
  return std::any_of(lanes().begin(), lanes().end(), [](const auto& lane) { return lane->is_this_thread(); });
}

bool TracerRuntime::flush(TimePoint deadline) noexcept {
  if (is_worker_thread()) return false;  // a user's exporter cannot wait for itself
  if (lane_start_.load(std::memory_order_acquire) == LaneStart::wanted)
    return true;  // a child that has ended nothing
  wait_for_lane_start();
  const journal::Position target = journal_.end();
  for (const auto& lane : lanes()) lane->request_flush();  // each at once, however long the first one takes
  bool all = true;
  for (const auto& lane : lanes()) all = lane->flush(target, deadline) && all;
  return all;
}

void TracerRuntime::begin_close(TimePoint deadline) noexcept {
  core_.accepting.store(false, std::memory_order_release);
  LaneStart wanted = LaneStart::wanted;
  lane_start_.compare_exchange_strong(wanted, LaneStart::done, std::memory_order_acq_rel);
  wait_for_lane_start();
  journal_.close();
  for (const auto& lane : lanes()) lane->stop(deadline);
}

void TracerRuntime::hasten_close(TimePoint deadline) noexcept {
  for (const auto& lane : lanes()) lane->stop(deadline);
}

bool TracerRuntime::finish_close(TimePoint deadline) noexcept {
  stop_lanes(deadline);
  bool clean = true;
  for (const auto& lane : lanes())
    for (const auto& task : lane->tasks()) {
      const exporting::ExporterBooks books = task->books();
      clean = clean && books.queued == 0 && books.shutdown == 0;
    }
  if (reusable_) journal_.destroy();
  report_not_kept();
  return clean;
}

void TracerRuntime::report_not_kept() noexcept {
  if (!config_.exports.hold.tail) return;
  try {
    for (const ExporterStats& one : exporter_stats()) {
      const NotKept& left_out = one.not_kept;
      report(Diagnostic::Level::info, "tail_sampled",
             one.name + ": " + std::to_string(left_out.traces) + " traces with " +
                 std::to_string(one.dropped.tail_sampled) + " spans were not kept; they had " +
                 std::to_string(left_out.errors) + " errors, " + std::to_string(left_out.tokens_input) +
                 " and " + std::to_string(left_out.tokens_output) + " tokens and cost " +
                 std::to_string(left_out.cost_usd) + " USD");
    }
  } catch (const std::bad_alloc&) {  // the books still say it
  }
}

HostObjects TracerRuntime::take_host_objects() noexcept {
  if (!reusable_) return {};
  for (const auto& lane : lanes())
    for (const auto& task : lane->tasks()) task->let_go();
  reporter_.reset(nullptr, -1);
  return {std::exchange(config_.on_error, nullptr), std::exchange(config_.exports.users, {}),
          std::exchange(config_.exports.hidden, nullptr)};
}

void TracerRuntime::stop_lanes(TimePoint deadline) noexcept {
  constexpr std::chrono::milliseconds to_leave{
      150};  // for a thread to get out of what it is in after the deadline
  for (const auto& lane : lanes()) lane->stop(deadline);
  for (const auto& lane : lanes()) {
    const bool left = !lane->is_this_thread() && lane->wait_stopped(deadline + to_leave);
    if (!left) {
      reusable_ = false;
      lane->let_run();
    }
    lane->abandon_rest();
  }
  reap_threads();
}

Stats TracerRuntime::stats() {
  Stats stats;
  {
    const std::lock_guard lock{core_mutex()};
    add_books_to(stats);
  }
  stats.exporters = exporter_stats();
  return stats;
}

void TracerRuntime::add_books_to(Stats& stats) noexcept {
  const std::uint32_t session = core_.session.load(std::memory_order_relaxed);
  std::int64_t open = 0;
  const auto add = [&](const Books& page) {
    const auto dropped = [&page](DropBefore reason) {
      return page.dropped[static_cast<unsigned>(reason)].load(std::memory_order_relaxed);
    };
    const auto misused = [&page](Misuse what) {
      return page.misused[static_cast<unsigned>(what)].load(std::memory_order_relaxed);
    };
    stats.started += page.started.load(std::memory_order_relaxed);
    open += page.open.load(std::memory_order_relaxed);
    stats.ended += page.ended.load(std::memory_order_relaxed);
    stats.dropped_before.journal_full += dropped(DropBefore::journal_full);
    stats.dropped_before.too_large += dropped(DropBefore::too_large);
    stats.dropped_before.open_span_limit += dropped(DropBefore::open_span_limit);
    stats.dropped_before.out_of_memory += dropped(DropBefore::out_of_memory);
    stats.dropped_before.torn += dropped(DropBefore::torn);
    stats.dropped_before.sampled_out += dropped(DropBefore::sampled_out);
    stats.dropped_before.shutdown += dropped(DropBefore::shutdown);
    stats.ended_out_of_order += misused(Misuse::ended_out_of_order);
    stats.ended_on_other_thread += misused(Misuse::ended_on_other_thread);
    stats.ended_twice += misused(Misuse::ended_twice);
    stats.ended_after_fork += misused(Misuse::ended_after_fork);
    stats.unknown_ids += misused(Misuse::unknown_id);
    stats.orphans += misused(Misuse::orphan);
    stats.double_traces_merged += page.merged.load(std::memory_order_relaxed);
  };
  for (const Books* page = books_; page != nullptr; page = page->next)
    if (page->session.load(std::memory_order_acquire) == session) add(*page);
  if (shared_books_.session.load(std::memory_order_relaxed) == session) add(shared_books_);
  if (worker_books_ != nullptr) add(*worker_books_);
  stats.open = static_cast<std::uint64_t>(std::max<std::int64_t>(open, 0));
}

std::vector<ExporterStats> TracerRuntime::exporter_stats() {
  std::vector<ExporterStats> all;
  for (const auto& lane : lanes()) {
    for (const auto& task : lane->tasks()) {
      const exporting::ExporterBooks books = task->books();
      ExporterStats stats;
      stats.name = std::string{task->name()};
      stats.acknowledged = books.acknowledged;
      stats.queued = books.queued;
      stats.spooled = books.spooled;
      const exporting::NotKeptTotals& left_out = books.not_kept;
      stats.dropped = {books.rejected,      books.expired,  books.lagging,
                       books.out_of_memory, books.shutdown, left_out.spans};
      stats.not_kept = {left_out.traces, left_out.errors, left_out.tokens_input, left_out.tokens_output,
                        left_out.cost_usd};
      stats.headers_sent = books.headers_sent;
      stats.headers_dropped = books.headers_dropped;
      stats.requests = books.requests;
      all.push_back(std::move(stats));
    }
  }
  return all;
}

void TracerRuntime::report(Diagnostic::Level level, std::string_view kind,
                           std::string_view message) noexcept {
  reporter_.report(level, kind, message);
}

journal::Reserve TracerRuntime::reserve(std::uint32_t need, detail::Reservation& out) noexcept {
  if (lane_start_.load(std::memory_order_relaxed) == LaneStart::wanted) start_lanes_in_child();
  return journal_.reserve(need, out);
}

void TracerRuntime::wake() noexcept {
  for (const auto& lane : lanes()) lane->wake();
}

bool TracerRuntime::sample(TraceId id, std::string_view name, SpanKind kind) const noexcept {
  const std::uint64_t random = id.low & 0x00ffffffffffffffULL;
  for (const SampleRule& rule : config_.sample_rules)
    if ((!rule.kind || *rule.kind == kind) && core::matches_wildcard(rule.name, name))
      return random < keep_below(rule.rate);
  return random < core_.keep_below;
}

// One thread wins; the others go on, for the journal takes their spans already.
void TracerRuntime::start_lanes_in_child() noexcept {
  LaneStart wanted = LaneStart::wanted;
  if (!lane_start_.compare_exchange_strong(wanted, LaneStart::under_way, std::memory_order_acq_rel)) return;
  if (!start_lanes()) {
    core_.accepting.store(false, std::memory_order_release);
    journal_.close();
    stop_lanes(std::chrono::steady_clock::now());
    report(Diagnostic::Level::error, "startup",
           "the worker thread cannot be started after a fork; tracing is off");
  }
  lane_start_.store(LaneStart::done, std::memory_order_release);
}

void TracerRuntime::wait_for_lane_start() noexcept {
  while (lane_start_.load(std::memory_order_acquire) == LaneStart::under_way) std::this_thread::yield();
}

void TracerRuntime::before_fork() noexcept {
  journal_.lock_for_fork();
  reporter_.lock_for_fork();
}
void TracerRuntime::after_fork_in_parent() noexcept {
  reporter_.unlock_after_fork();
  journal_.unlock_after_fork();
}

// The parent's threads are not here, and its handles, sockets and data are not ours: everything begins anew,
// and a worker only when this process ends a span.
void TracerRuntime::after_fork_in_child() noexcept {
  reporter_.unlock_after_fork();
  journal_.unlock_after_fork();
  const bool was_live = core_.live();
  lanes_.store(&no_lanes_, std::memory_order_release);
  static_cast<void>(current_lanes_.release());  // their threads are not here: not even to be destroyed
  static_cast<void>(previous_lanes_.release());
  lane_start_.store(LaneStart::done, std::memory_order_relaxed);
  if (!was_live) return;
  core_.session.fetch_add(1, std::memory_order_acq_rel);
  journal_.reset_in_child();
  if (worker_books_ != nullptr) worker_books_ = new (worker_books_) Books;
  lane_start_.store(LaneStart::wanted, std::memory_order_release);
}

std::uint64_t open_spans(TracerCore& tracer) noexcept {
  const std::uint32_t session = tracer.session.load(std::memory_order_relaxed);
  std::int64_t open = 0;
  const auto add = [&](const Books& page) {
    if (page.session.load(std::memory_order_acquire) == session)
      open += page.open.load(std::memory_order_relaxed);
  };
  for (const Books* page = runtime_of(tracer).books(); page != nullptr; page = page->next) add(*page);
  add(runtime_of(tracer).shared_books());
  return static_cast<std::uint64_t>(std::max<std::int64_t>(open, 0));
}

}  // namespace llmtrace::runtime
