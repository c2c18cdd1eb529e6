// The tracer: options, life cycle and books. Tracer::init() starts the default one and returns a guard that
// flushes and stops it; `Tracer t{options}` is a second one beside it. Nothing here throws; a bad setting is
// one warning and a tracer that does nothing.
#pragma once

#include <llmtrace/redact.hpp>
#include <llmtrace/sampler.hpp>
#include <llmtrace/trace.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

LLMTRACE_BEGIN_NAMESPACE

// Something a person should know: a setting that is wrong, a service that refuses, spans that are lost.
struct Diagnostic {
  enum class Level : std::uint8_t { error, warning, info, debug };
  Level level = Level::warning;
  std::string kind;     // stable, for filters: "config", "refused", "unreachable", …
  std::string message;  // never holds a key
};

// Time for tests. `now` is nanoseconds from any start, `wall` from the Unix epoch.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t now() noexcept = 0;
  [[nodiscard]] virtual std::int64_t wall() noexcept = 0;
};

// Ids for tests; never zero.
class IdSource {
 public:
  virtual ~IdSource() = default;
  [[nodiscard]] virtual std::uint64_t next() noexcept = 0;
};

struct BatchOptions {
  Setting<std::size_t> max_spans = {};                     // TRACER_BATCH_SPANS, 512
  Setting<std::chrono::milliseconds> flush_interval = {};  // TRACER_FLUSH_INTERVAL_MS, 1000
  std::size_t max_bytes = 1u << 20;                        // of one request's body, before compression
  bool gzip = false;  // costs about 35 µs a span of 2.5 KB, on the worker
};

struct CaptureOptions {
  Setting<bool> inputs = {};   // TRACER_CAPTURE_INPUT, true
  Setting<bool> outputs = {};  // TRACER_CAPTURE_OUTPUT, true
};

struct LimitOptions {
  Setting<std::size_t> input_bytes = {};    // TRACER_MAX_INPUT_BYTES, 1 MiB
  Setting<std::size_t> output_bytes = {};   // TRACER_MAX_OUTPUT_BYTES, 1 MiB
  Setting<std::size_t> memory = {};         // TRACER_MEMORY_LIMIT, 32 MiB for the journal
  std::size_t attribute_bytes = 64u << 10;  // of one attribute, metadata field or parameter
  std::size_t name_bytes = 1024;
  std::size_t attributes =
      1024;  // repeated fields of a span: attributes, metadata, events, links, scores, tags
  std::size_t span_bytes = 4u << 20;  // of one span with everything in it
  // Of one request's and one response's body as record_request() and its like keep it for the worker to read;
  // of a longer one the head and the tail. TRACER_MAX_CAPTURE_BYTES, 2 MiB
  Setting<std::size_t> capture_bytes = {};
  std::size_t open_spans = 100'000;  // beyond it spans are dropped as they start, and counted
};

struct RetryOptions {
  std::chrono::milliseconds initial_backoff{500};
  std::chrono::milliseconds max_backoff{30'000};
  std::chrono::milliseconds max_age{15 * 60'000};  // a batch older than this is `expired`
  std::chrono::milliseconds request_timeout{10'000};
  std::chrono::milliseconds connect_timeout{3'000};
};

enum class ExportMode : std::uint8_t {
  batched,       // by size and interval
  on_trace_end,  // also as each trace ends, which waits for it: for short scripts
};

struct Options {
  Setting<bool> enabled = {};  // TRACING_ENABLED; `false` there beats this too
  std::string project = {};    // TRACER_PROJECT_ID, else from the key, else "default"
  std::string url = {};        // TRACER_URL, http://localhost:8001
  std::string api_key = {};    // TRACER_API_KEY, project-{id}
  std::string exporter = {};   // TRACER_EXPORTER, "http"; several by comma
  std::vector<std::shared_ptr<Exporter>> exporters = {};  // the user's own; alone if `exporter` is not set
  std::string environment = {};                           // TRACER_ENVIRONMENT
  std::string release = {};                               // TRACER_RELEASE
  std::string prices = {};                                // TRACER_PRICES, a file over the built-in table
  Setting<double> sample_rate = {};                       // TRACER_SAMPLE_RATE, 1
  std::vector<SampleRule> sample_rules = {};
  TailOptions tail = {};
  ExportMode export_mode = ExportMode::batched;
  bool live = true;  // false: hold a trace back until its root has ended
  Setting<std::chrono::milliseconds> shutdown_timeout = {};  // TRACER_SHUTDOWN_TIMEOUT_MS, 2000
  std::string log = {};                                      // TRACER_LOG: off, error, warn, info, debug
  std::function<void(const Diagnostic&)> on_error =
      {};  // default: a line on stderr; either way at most one a minute of a kind
  BatchOptions batch = {};
  CaptureOptions capture = {};
  RedactOptions redact = {};
  LimitOptions limits = {};
  RetryOptions retry = {};
  std::size_t file_rotate_bytes = 64u << 20;  // the file exporter starts anew beyond this
  std::string ca_file = {};                   // certificates to trust instead of the system's
  bool allow_plain_http = false;              // to hosts that are not this machine
  // Names for enable_auto_tracing() of instrument.hpp, asked for as init() starts it; "all" stands for all.
  std::vector<std::string> auto_instrument = {};
  bool read_environment = true;
  std::shared_ptr<Clock> clock = {};
  std::shared_ptr<IdSource> id_source = {};
};

// Spans lost before the journal.
struct DroppedBefore {
  std::uint64_t journal_full = 0;
  std::uint64_t too_large = 0;
  std::uint64_t open_span_limit = 0;
  std::uint64_t out_of_memory = 0;
  std::uint64_t torn = 0;
  std::uint64_t sampled_out = 0;
  std::uint64_t shutdown = 0;

  [[nodiscard]] std::uint64_t sum() const noexcept {
    return journal_full + too_large + open_span_limit + out_of_memory + torn + sampled_out + shutdown;
  }
};

// Spans that one exporter lost.
struct DroppedByExporter {
  std::uint64_t rejected = 0;
  std::uint64_t expired = 0;
  std::uint64_t exporter_lagging = 0;
  std::uint64_t out_of_memory = 0;
  std::uint64_t shutdown = 0;
  std::uint64_t tail_sampled = 0;  // of traces that Options::tail does not keep

  [[nodiscard]] std::uint64_t sum() const noexcept {
    return rejected + expired + exporter_lagging + out_of_memory + shutdown + tail_sampled;
  }
};

// What the spans that are `tail_sampled` would have added to the sums.
struct NotKept {
  std::uint64_t traces = 0;  // whose roots have ended
  std::uint64_t errors = 0;
  std::uint64_t tokens_input = 0;
  std::uint64_t tokens_output = 0;
  double cost_usd = 0;
};

struct ExporterStats {
  std::string name;
  std::uint64_t acknowledged = 0;
  std::uint64_t queued = 0;   // in the journal or in hand
  std::uint64_t spooled = 0;  // kept on disk for a later process
  DroppedByExporter dropped;
  NotKept not_kept;
  std::uint64_t headers_sent = 0;  // trace headers, counted apart
  std::uint64_t headers_dropped = 0;
  std::uint64_t requests = 0;

  // acknowledged + queued + spooled + Σ dropped; equals Stats::ended when no thread is inside a call.
  [[nodiscard]] std::uint64_t sum() const noexcept { return acknowledged + queued + spooled + dropped.sum(); }
};

// The books. Every term is counted where it happens and none is derived, so that
//   started = open + ended + Σ dropped_before  and, for each exporter,  ended = acknowledged + queued +
//   spooled + Σ dropped
// prove that nothing is lost unseen. Exact whenever no thread is inside a call.
struct Stats {
  std::uint64_t started = 0;
  std::uint64_t open = 0;
  std::uint64_t ended = 0;
  DroppedBefore dropped_before;
  std::vector<ExporterStats> exporters;
  std::uint64_t double_traces_merged = 0;
  std::uint64_t ended_out_of_order = 0;
  std::uint64_t ended_on_other_thread = 0;
  std::uint64_t ended_twice = 0;
  std::uint64_t ended_after_fork = 0;
  std::uint64_t unknown_ids = 0;
  std::uint64_t orphans = 0;

  [[nodiscard]] LLMTRACE_API bool balanced() const noexcept;
};

class Tracer {
 public:
  // The default tracer, whether or not it has been started.
  [[nodiscard]] LLMTRACE_API static Tracer& get() noexcept;
  // Starts the default tracer. While it lives a second call is reported and returns an inert guard.
  [[nodiscard]] LLMTRACE_API static TracerGuard init(const Options& options) noexcept;
  [[nodiscard]] LLMTRACE_API static TracerGuard init() noexcept;

  // A tracer beside the default one, with books, journal and exporters of its own.
  LLMTRACE_API explicit Tracer(const Options& options) noexcept;
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  LLMTRACE_API ~Tracer();

  // Whether spans are recorded. False before init, after close, when disabled and when the settings were
  // wrong.
  [[nodiscard]] LLMTRACE_API bool enabled() const noexcept;
  // True when everything that ended before the call was acknowledged by every exporter within the time. A
  // loss since the flush before makes it false.
  LLMTRACE_API bool flush(std::chrono::milliseconds timeout = std::chrono::seconds{5}) noexcept;
  // Flushes and stops, within `timeout` in all (negative: the configured one). True when nothing was left, of
  // this close or of the one that came before; one that is under way on another thread is waited for.
  // Does nothing, and is false, when an exporter or an on_error of the tracer itself calls it.
  LLMTRACE_API bool close(std::chrono::milliseconds timeout = std::chrono::milliseconds{-1}) noexcept;
  [[nodiscard]] LLMTRACE_API Stats stats() const;

  [[nodiscard]] LLMTRACE_API detail::TracerCore* core() const noexcept;

 private:
  friend class TracerGuard;
  struct Default {};
  explicit Tracer(Default) noexcept;
  [[nodiscard]] bool is_current() const noexcept;
  [[nodiscard]] detail::TracerCore* last_core() const noexcept;

  detail::TracerCore* core_ = nullptr;
  std::uint32_t session_ = 0;
  bool is_default_ = false;
};

// Stops the default tracer that init() has started when it dies, and no later one.
class TracerGuard {
 public:
  TracerGuard() noexcept = default;
  TracerGuard(TracerGuard&& other) noexcept
      : core_{other.core_}, session_{other.session_}, owns_{std::exchange(other.owns_, false)} {}
  TracerGuard(const TracerGuard&) = delete;
  TracerGuard& operator=(const TracerGuard&) = delete;
  TracerGuard& operator=(TracerGuard&&) = delete;
  ~TracerGuard() {
    if (owns_) close();
  }

  // Whether init() started the tracer.
  explicit operator bool() const noexcept { return owns_; }
  LLMTRACE_API bool flush(std::chrono::milliseconds timeout = std::chrono::seconds{5}) noexcept;
  LLMTRACE_API bool close(std::chrono::milliseconds timeout = std::chrono::milliseconds{-1}) noexcept;
  // Of the default tracer that lives, or lived last, when this guard has none of its own.
  [[nodiscard]] LLMTRACE_API Stats stats() const;

 private:
  friend class Tracer;
  explicit TracerGuard(detail::TracerCore* core) noexcept;
  [[nodiscard]] bool is_current() const noexcept;

  detail::TracerCore* core_ = nullptr;
  std::uint32_t session_ = 0;
  bool owns_ = false;
};

inline Span::Span(const Tracer& tracer, Text name, SpanKind kind) noexcept {
  if (detail::TracerCore* core = tracer.core()) open({name, kind}, nullptr, core);
}

inline TraceScope::TraceScope(const Tracer& tracer, Text name, const TraceOptions& options) noexcept {
  if (detail::TracerCore* core = tracer.core()) open_with(name, options, nullptr, core);
}

[[nodiscard]] inline ManualSpan start_span(const Tracer& tracer, Text name,
                                           SpanKind kind = SpanKind::function) noexcept {
  detail::TracerCore* core = tracer.core();
  return core != nullptr ? ManualSpan::start(ManualSpan::current_parent(), {name, kind}, core) : ManualSpan{};
}
[[nodiscard]] inline ManualSpan start_span(const Tracer& tracer, Text name, SpanKind kind,
                                           const SpanOptions& options) noexcept {
  return start_span(tracer, name, kind).with(options);
}

LLMTRACE_END_NAMESPACE
