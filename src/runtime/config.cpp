#include "runtime/config.hpp"

#include "runtime/environment.hpp"
#include <llmtrace/detail/core.hpp>

#include <algorithm>
#include <string_view>

namespace llmtrace::runtime {

namespace {

using Level = Diagnostic::Level;
using std::chrono::milliseconds;

constexpr std::string_view key_prefix = "project-";

class ConfigMaker {
 public:
  explicit ConfigMaker(const Options& options) : options_{options}, environment_{options.read_environment} {}

  Config make() {
    config_.on_error = options_.on_error;
    read_switches();
    if (!config_.enabled) return std::move(config_);
    read_exporters();
    read_service();
    read_limits();
    read_sampling();
    read_tail();
    read_redaction();
    read_later_parts();
    config_.exports.prices_file = text(options_.prices, "TRACER_PRICES", "");
    config_.exports.environment = text(options_.environment, "TRACER_ENVIRONMENT", "");
    config_.exports.release = text(options_.release, "TRACER_RELEASE", "");
    config_.traceparent = environment_.get("TRACEPARENT").value_or("");
    config_.tracestate = environment_.get("TRACESTATE").value_or("");
    config_.clock = options_.clock;
    config_.id_source = options_.id_source;
    return std::move(config_);
  }

 private:
  // A setting is wrong: one clear warning, and a tracer that does nothing.
  void refuse(std::string message) {
    config_.enabled = false;
    add_problem("config", std::move(message) + "; tracing is off");
  }
  void ignore(const char* kind, std::string message) { add_problem(kind, std::move(message)); }

  // All of a kind in one: of several at once only the first would be told.
  void add_problem(const char* kind, std::string message) {
    for (Problem& known : config_.problems)
      if (known.kind == kind) return static_cast<void>(known.message.append("; ").append(message));
    config_.problems.push_back({Level::warning, kind, std::move(message)});
  }

  std::string text(const std::string& given, const char* name, const char* otherwise) const {
    return !given.empty() ? given : environment_.get(name).value_or(otherwise);
  }

  template <class T, class Parse>
  T setting(const Setting<T>& given, const char* name, T otherwise, Parse&& parse, const char* wanted) {
    if (given) return *given;
    const auto from_environment = environment_.get(name);
    if (!from_environment) return otherwise;
    if (const auto parsed = parse(*from_environment)) return static_cast<T>(*parsed);
    refuse(std::string{name} + " must be " + wanted);
    return otherwise;
  }

  std::size_t bytes(const Setting<std::size_t>& given, const char* name, std::size_t otherwise) {
    return setting<std::size_t>(given, name, otherwise, parse_count, "a number of bytes");
  }

  milliseconds time(const Setting<milliseconds>& given, const char* name, milliseconds otherwise) {
    const auto count = [](const std::string& value) -> std::optional<milliseconds> {
      const auto parsed = parse_count(value);
      if (!parsed) return std::nullopt;
      return milliseconds{static_cast<std::int64_t>(std::min<std::uint64_t>(*parsed, 1'000'000'000))};
    };
    return setting<milliseconds>(given, name, otherwise, count, "a number of milliseconds");
  }

  void read_switches() {
    const std::string log = text(options_.log, "TRACER_LOG", "warn");
    const std::pair<const char*, int> levels[] = {
        {"off", -1}, {"error", 0}, {"warn", 1}, {"info", 2}, {"debug", 3}};
    const auto* level =
        std::find_if(std::begin(levels), std::end(levels), [&](auto& known) { return log == known.first; });
    if (level != std::end(levels))
      config_.log_threshold = level->second;
    else
      ignore("config", "TRACER_LOG must be off, error, warn, info or debug");
    const bool wanted = setting<bool>(std::nullopt, "TRACING_ENABLED", true, parse_bool, "true or false");
    config_.enabled = config_.enabled && wanted && options_.enabled.value_or(true);
  }

  void read_exporters() {
    const std::string asked = text(options_.exporter, "TRACER_EXPORTER", "");
    if (asked.empty() && !options_.exporters.empty()) return;
    std::size_t known = 0;
    std::size_t later = 0;
    std::string_view rest = asked;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view one = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
      while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
      if (one.empty()) continue;
      if (one == "otlp") {
        ++later;
        ignore("later", "the exporter \"" + std::string{one} + "\" is not built yet and is ignored");
      } else if (add_exporter(one)) {
        ++known;
      } else {
        return refuse_exporter("unknown exporter \"" + std::string{one} + "\"");
      }
    }
    if (known != 0) return;
    if (later == 0 && !asked.empty()) return refuse_exporter("no exporter is named in \"" + asked + "\"");
    add_exporter("http");
  }

  void refuse_exporter(std::string message) {
    refuse(std::move(message) + " (known: http, events, file:PATH, console, none)");
  }

  bool add_exporter(std::string_view name) {
    constexpr std::string_view file = "file:";
    auto& built_in = config_.exports.built_in;
    if (name == "none") return true;
    if (name == "http") return built_in.push_back({exporting::BuiltIn::http, {}}), true;
    if (name == "events") return built_in.push_back({exporting::BuiltIn::events, {}}), true;
    if (name == "console") return built_in.push_back({exporting::BuiltIn::console, {}}), true;
    if (name.substr(0, file.size()) != file || name.size() == file.size()) return false;
    built_in.push_back({exporting::BuiltIn::file, std::string{name.substr(file.size())}});
    return true;
  }

  static bool is_project_id(std::string_view id) {
    const auto allowed = [](unsigned char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
             c == '-';
    };
    return !id.empty() && id.size() <= 100 && std::all_of(id.begin(), id.end(), allowed);
  }

  bool needs_service() const {
    return std::any_of(config_.exports.built_in.begin(), config_.exports.built_in.end(),
                       [](const auto& one) { return exporting::needs_service(one.type); });
  }

  void read_service() {
    auto& exports = config_.exports;
    exports.url = text(options_.url, "TRACER_URL", "http://localhost:8001");
    const std::string key = text(options_.api_key, "TRACER_API_KEY", "");
    exports.project = text(options_.project, "TRACER_PROJECT_ID", "");
    exports.allow_plain_http = options_.allow_plain_http;
    exports.ca_file = options_.ca_file;
    std::string from_key;
    if (!key.empty()) {
      // The key itself is never part of a message.
      if (key.compare(0, key_prefix.size(), key_prefix) != 0 || !is_project_id(key.substr(key_prefix.size())))
        return refuse(
            "the API key must have the form project-{id}, with an id of 1 to 100 letters, digits, _ or -");
      from_key = key.substr(key_prefix.size());
    }
    if (!exports.project.empty() && !is_project_id(exports.project))
      return refuse("the project must be 1 to 100 letters, digits, _ or -");
    if (!from_key.empty() && !exports.project.empty() && from_key != exports.project)
      return refuse("the API key belongs to another project than \"" + exports.project + "\"");
    if (exports.project.empty()) exports.project = from_key.empty() ? "default" : from_key;
    if (!needs_service()) return;
    const auto endpoint = exporting::check_endpoint(exports.url, exports.allow_plain_http);
    if (!endpoint.problem.empty()) return refuse(endpoint.problem);
    if (key.empty() && !endpoint.is_loopback)
      return refuse("TRACER_API_KEY is required for a service on another machine");
    exports.api_key = net::Secret{key.empty() ? std::string{key_prefix} + exports.project : key};
  }

  void read_limits() {
    auto& exports = config_.exports;
    config_.capture_inputs =
        setting<bool>(options_.capture.inputs, "TRACER_CAPTURE_INPUT", true, parse_bool, "true or false");
    config_.capture_outputs =
        setting<bool>(options_.capture.outputs, "TRACER_CAPTURE_OUTPUT", true, parse_bool, "true or false");
    config_.input_bytes = bytes(options_.limits.input_bytes, "TRACER_MAX_INPUT_BYTES", config_.input_bytes);
    config_.output_bytes =
        bytes(options_.limits.output_bytes, "TRACER_MAX_OUTPUT_BYTES", config_.output_bytes);
    config_.capture_bytes =
        bytes(options_.limits.capture_bytes, "TRACER_MAX_CAPTURE_BYTES", config_.capture_bytes);
    config_.memory = bytes(options_.limits.memory, "TRACER_MEMORY_LIMIT", config_.memory);
    exports.batch_spans =
        setting<std::size_t>(options_.batch.max_spans, "TRACER_BATCH_SPANS", 512, parse_count, "a number");
    exports.flush_interval =
        time(options_.batch.flush_interval, "TRACER_FLUSH_INTERVAL_MS", milliseconds{1000});
    config_.shutdown_timeout =
        time(options_.shutdown_timeout, "TRACER_SHUTDOWN_TIMEOUT_MS", milliseconds{2000});
    exports.batch_bytes = options_.batch.max_bytes;
    exports.gzip = options_.batch.gzip;
    exports.colour = !environment_.get("NO_COLOR");
    exports.file_rotate_bytes = options_.file_rotate_bytes;
    for (const auto& user : options_.exporters)
      user != nullptr ? exports.users.push_back(user)
                      : ignore("config", "an exporter that is null is ignored");
    config_.attribute_bytes = options_.limits.attribute_bytes;
    config_.name_bytes = options_.limits.name_bytes;
    config_.attributes = options_.limits.attributes;
    config_.span_bytes = options_.limits.span_bytes;
    config_.open_spans = options_.limits.open_spans;
    exports.hold.live = options_.live;
    config_.export_mode = options_.export_mode;
    clamp_limits();
    read_retry();
  }

  // A limit that is too small to work with, or too large to count in, is moved to the nearest that is not.
  void clamp_limits() {
    constexpr std::size_t most = 256u << 20;
    config_.memory = std::clamp<std::size_t>(config_.memory, 256u << 10, std::size_t{16} << 30);
    // Whoever asks for more than the usual gets it: what the journal cannot take is dropped as too large.
    const bool is_asked_for = config_.span_bytes > LimitOptions{}.span_bytes;
    const std::size_t room = is_asked_for ? config_.memory : config_.memory / 2;
    config_.span_bytes =
        std::clamp<std::size_t>(config_.span_bytes, detail::kept_buffer_bytes, std::min(most, room));
    for (std::size_t* limit : {&config_.input_bytes, &config_.output_bytes, &config_.attribute_bytes,
                               &config_.name_bytes, &config_.capture_bytes})
      *limit = std::min(*limit, config_.span_bytes - 1024);
    config_.attributes = std::clamp<std::size_t>(config_.attributes, 1, 1u << 20);
    config_.open_spans = std::max<std::size_t>(config_.open_spans, 1);
    auto& exports = config_.exports;
    exports.input_bytes = config_.input_bytes;
    exports.output_bytes = config_.output_bytes;
    exports.batch_spans = std::clamp<std::size_t>(exports.batch_spans, 1, 100'000);
    exports.batch_bytes = std::clamp<std::size_t>(exports.batch_bytes, 16u << 10, 16u << 20);
    exports.flush_interval = std::clamp(exports.flush_interval, milliseconds{1}, milliseconds{3'600'000});
    config_.shutdown_timeout = std::clamp(config_.shutdown_timeout, milliseconds{0}, milliseconds{600'000});
  }

  void read_retry() {
    const auto positive = [](milliseconds time, std::int64_t least) {
      return std::clamp(time, milliseconds{least}, milliseconds{86'400'000});
    };
    auto& retry = config_.exports.retry;
    retry.initial_backoff = positive(options_.retry.initial_backoff, 1);
    retry.max_backoff = positive(options_.retry.max_backoff, 1);
    retry.max_retry_age = positive(options_.retry.max_age, 0);
    retry.request_timeout = positive(options_.retry.request_timeout, 1);
    retry.connect_timeout = positive(options_.retry.connect_timeout, 1);
  }

  static bool is_no_rate(double rate) noexcept { return !(rate >= 0 && rate <= 1); }

  void read_sampling() {
    config_.sample_rate =
        setting<double>(options_.sample_rate, "TRACER_SAMPLE_RATE", 1.0, parse_rate, "a number from 0 to 1");
    config_.sample_rules = options_.sample_rules;
    if (is_no_rate(config_.sample_rate)) return refuse("the sample rate must be from 0 to 1");
    for (const SampleRule& rule : config_.sample_rules)
      if (is_no_rate(rule.rate))
        return refuse("the rate of the sample rule \"" + rule.name + "\" must be from 0 to 1");
  }

  // A number from 0 up; what is not one refuses the setting.
  std::optional<double> positive(const Setting<double>& given, const char* name) {
    if (!given && !environment_.get(name)) return std::nullopt;
    return setting<double>(given, name, 0, parse_amount, "a number of at least 0");
  }
  std::optional<milliseconds> optional_time(const Setting<milliseconds>& given, const char* name) {
    if (!given && !environment_.get(name)) return std::nullopt;
    return time(given, name, milliseconds{0});
  }

  void read_tail() {
    const TailOptions& given = options_.tail;
    exporting::TailSettings tail;
    tail.rate = setting<double>(given.rate, "TRACER_TAIL_RATE", 1.0, parse_rate, "a number from 0 to 1");
    tail.keep_errors =
        setting<bool>(given.keep_errors, "TRACER_TAIL_KEEP_ERRORS", true, parse_bool, "true or false");
    if (const auto slow = optional_time(given.slower_than, "TRACER_TAIL_SLOWER_THAN_MS"))
      tail.slower_than = std::clamp(*slow, milliseconds{0}, milliseconds{1'000'000'000});
    tail.dearer_than = positive(given.dearer_than, "TRACER_TAIL_DEARER_THAN_USD");
    tail.decision_wait =
        std::clamp(time(given.decision_wait, "TRACER_TAIL_DECISION_WAIT_MS", milliseconds{30'000}),
                   milliseconds{1}, milliseconds{3'600'000});
    tail.buffer_bytes = std::clamp<std::size_t>(given.buffer_bytes, 64u << 10, 1u << 30);
    tail.rules = given.rules;
    if (is_no_rate(tail.rate)) return refuse("the rate of tail sampling must be from 0 to 1");
    for (const TailRule& rule : tail.rules)
      if (is_no_rate(rule.rate))
        return refuse("the rate of the tail rule \"" + rule.name + "\" must be from 0 to 1");
    if (tail.dearer_than && !(*tail.dearer_than >= 0))
      return refuse("Options::tail.dearer_than must be at least 0");
    const bool leaves_out = tail.rate < 1 || std::any_of(tail.rules.begin(), tail.rules.end(),
                                                         [](const TailRule& rule) { return rule.rate < 1; });
    if (leaves_out) config_.exports.hold.tail = std::move(tail);
  }

  void read_redaction() {
    const auto mode = setting<RedactMode>(options_.redact.mode, "TRACER_REDACT", RedactMode::secrets,
                                          parse_redact_mode, "off, secrets or pii");
    std::size_t bytes = 0;
    for (const std::string& literal : options_.redact.literals) bytes += literal.size();
    if (bytes > privacy::LiteralMatcher::most_bytes)
      return refuse("Options::redact.literals must be at most 16 KiB together");
    config_.exports.hidden = privacy::make_rules(options_.redact, mode);
  }

  // Settings whose parts come with later versions.
  void read_later_parts() {
    if (environment_.get("TRACER_SPOOL_DIR"))
      ignore("later", "TRACER_SPOOL_DIR is not built yet and is ignored");
  }

  const Options& options_;
  const Environment environment_;
  Config config_;
};

}  // namespace

Config make_config(const Options& options) { return ConfigMaker{options}.make(); }

}  // namespace llmtrace::runtime
