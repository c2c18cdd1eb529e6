#include "export/lanes.hpp"

#include "export/console_sink.hpp"
#include "export/events_sink.hpp"
#include "export/file_sink.hpp"
#include "export/http_sink.hpp"
#include "export/http_transport.hpp"
#include "export/resource.hpp"
#include "export/user_sink.hpp"
#include "net/global_init.hpp"
#include "net/proxy.hpp"
#include "net/resolver_setup.hpp"
#include "net/url.hpp"
#include <llmtrace/version.hpp>

#include <algorithm>
#include <random>
#include <sys/random.h>

namespace llmtrace::exporting {

namespace {

const char* kind_of(Warning warning) noexcept {
  switch (warning) {
    case Warning::unreachable: return "unreachable";
    case Warning::overloaded: return "overloaded";
    case Warning::server_error: return "server_error";
    case Warning::unusable_reply: return "unusable_reply";
    case Warning::refused: return "refused";
    case Warning::redirected: return "redirected";
    case Warning::too_large: return "too_large";
    case Warning::partly_rejected: return "partly_rejected";
    case Warning::expired: return "expired";
    default: return "export";
  }
}

std::minstd_rand seeded() noexcept {
  unsigned seed = 0;
  if (::getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
    seed = static_cast<unsigned>(std::chrono::steady_clock::now().time_since_epoch().count());
  return std::minstd_rand{seed};
}

std::unique_ptr<HttpWaiter> make_http_waiter(const ExportSettings& settings) {
  net::HttpLoopOptions options;
  options.proxy = settings.proxy;
  options.ca_file = settings.ca_file;
  options.allow_plain_http = settings.allow_plain_http;
  return std::make_unique<HttpWaiter>(net::HttpLoop::create(std::move(options)));
}

class LaneMaker {
 public:
  LaneMaker(const ExportSettings& settings, const LaneContext& context)
      : settings_{settings},
        context_{context},
        pricing_{std::make_shared<Pricing>(settings.prices_file, context.warn)} {}

  // The library's own exporters, and the one lane that looks after the journal.
  std::unique_ptr<Lane> make_shared_lane() {
    std::unique_ptr<HttpWaiter> http;
    std::unique_ptr<Waiter> waiter;
    net::HttpLoop* loop = nullptr;
    if (uses_http(settings_)) {
      http = make_http_waiter(settings_);
      if (!http->valid()) return nullptr;
      loop = &http->loop();
      waiter = std::move(http);
    } else {
      waiter = std::make_unique<EventWaiter>();
    }
    std::unique_ptr<Lane> lane = make_lane(std::move(waiter));
    if (!lane) return nullptr;
    for (const BuiltInExporter& exporter : settings_.built_in)
      add(*lane, make_sink(exporter, *lane, loop), hold(exporter.type));
    return lane;
  }

  std::unique_ptr<Lane> make_user_lane(const std::shared_ptr<Exporter>& user) {
    std::unique_ptr<Lane> lane = make_lane(std::make_unique<EventWaiter>());
    if (lane) add(*lane, std::make_unique<UserSink>(user, &lane->clock(), limits(), warn()), settings_.hold);
    return lane;
  }

 private:
  std::unique_ptr<Lane> make_lane(std::unique_ptr<Waiter> waiter) {
    if (!waiter->valid()) return nullptr;
    LaneOptions options;
    options.flush_interval = settings_.flush_interval;
    options.tends_journal = next_cursor_ == 0;
    auto lane = std::make_unique<Lane>(context_.journal, std::move(waiter), options, context_.read_clock,
                                       context_.clock_context);
    lane->set_clock(context_.clock);
    lane->set_died([told = context_.warn](std::string_view exporter) {
      told("worker",
           "the thread of the exporter \"" + std::string{exporter} + "\" has ended: its spans stay behind");
    });
    return lane;
  }

  void add(Lane& lane, std::unique_ptr<Sink> sink, const HoldSettings& hold) {
    lane.add(std::make_unique<ExporterTask>(context_.journal, context_.journal.cursor(next_cursor_++),
                                            std::move(sink), exchanges(lane), held(lane, hold), hidden()));
  }

  std::shared_ptr<const privacy::Rules> hidden() const {
    return settings_.hidden ? settings_.hidden : privacy::make_rules({}, RedactMode::secrets);
  }

  // What is sent event by event is sent when it is known whole.
  HoldSettings hold(BuiltIn type) const {
    HoldSettings hold = settings_.hold;
    if (type == BuiltIn::events) hold.live = false;
    return hold;
  }

  std::unique_ptr<HeldTraces> held(const Lane& lane, const HoldSettings& hold) {
    if (!hold.holds()) return nullptr;
    if (!decisions_) decisions_ = std::make_shared<TailDecisions>();
    return std::make_unique<HeldTraces>(hold, decisions_, &lane.clock());
  }

  std::unique_ptr<Sink> make_sink(const BuiltInExporter& exporter, Lane& lane, net::HttpLoop* loop) {
    switch (exporter.type) {
      case BuiltIn::http:
        return std::make_unique<HttpSink>(make_transport(*loop), encoder(lane), limits(), settings_.retry,
                                          seeded(), warn());
      case BuiltIn::events:
        return std::make_unique<EventsSink>(make_transport(*loop), EventEncoder{context(lane)}, limits(),
                                            settings_.retry, seeded(), warn());
      case BuiltIn::file:
        return std::make_unique<FileSink>(exporter.path, settings_.file_rotate_bytes, encoder(lane), limits(),
                                          warn());
      case BuiltIn::console: break;
    }
    ConsoleOptions console;
    console.no_color = !settings_.colour;
    return std::make_unique<ConsoleSink>(console, &lane.clock(), limits(), warn());
  }

  std::unique_ptr<Transport> make_transport(net::HttpLoop& loop) {
    HttpTransportOptions options;
    options.base_url = settings_.url;
    options.api_key = settings_.api_key;
    options.version = LLMTRACE_VERSION_STRING;
    options.gzip = settings_.gzip;
    return std::make_unique<HttpTransport>(loop, std::move(options));
  }

  ExchangeStep exchanges(const Lane& lane) const {
    return {&lane.clock(), pricing_, {settings_.input_bytes, settings_.output_bytes}};
  }

  NativeEncoder encoder(const Lane& lane) { return NativeEncoder{context(lane)}; }

  EncodeContext context(const Lane& lane) const {
    EncodeContext context;
    context.project_id = settings_.project;
    privacy::RecordRedactor redactor{hidden()};
    context.environment = redactor.apply_to_text(settings_.environment);
    context.release = redactor.apply_to_text(settings_.release);
    context.resource = redactor.apply_to_json(resource_json());
    context.clock = &lane.clock();
    return context;
  }

  BatchLimits limits() const noexcept { return {settings_.batch_spans, settings_.batch_bytes}; }

  WarnFunction warn() const {
    return [told = context_.warn](Warning warning, std::string_view message) {
      told(kind_of(warning), message);
    };
  }

  const ExportSettings& settings_;
  const LaneContext& context_;
  const std::shared_ptr<Pricing> pricing_;
  std::size_t next_cursor_ = 0;
  std::shared_ptr<TailDecisions> decisions_;  // of all exporters, which are to keep the same traces
};

}  // namespace

EndpointCheck check_endpoint(const std::string& text, bool allow_plain_http) {
  const auto url = net::parse_url(text);
  // The text is not repeated: it may hold a password.
  if (!url)
    return {false,
            "TRACER_URL must have the form http(s)://host[:port][/path], without user, query or spaces"};
  if (url->scheme == "http" && !url->is_loopback && !allow_plain_http)
    return {false, "TRACER_URL must be https for another machine (or set Options::allow_plain_http)"};
  return {url->is_loopback, {}};
}

std::size_t count_exporters(const ExportSettings& settings) noexcept {
  return settings.built_in.size() + settings.users.size();
}

bool uses_http(const ExportSettings& settings) noexcept {
  return std::any_of(settings.built_in.begin(), settings.built_in.end(),
                     [](const BuiltInExporter& one) { return needs_service(one.type); });
}

bool prepare_process(ExportSettings& settings) {
  if (!uses_http(settings)) return true;
  if (!net::global_init()) return false;
  settings.proxy = net::proxy_from_environment();
  const auto url = net::parse_url(settings.url);
  if (url && !url->is_loopback) net::set_up_resolver();
  return true;
}

std::vector<std::unique_ptr<Lane>> make_lanes(const ExportSettings& settings, const LaneContext& context) {
  LaneMaker maker{settings, context};
  std::vector<std::unique_ptr<Lane>> lanes;
  if (!settings.built_in.empty()) lanes.push_back(maker.make_shared_lane());
  for (const auto& user : settings.users) lanes.push_back(maker.make_user_lane(user));
  if (std::find(lanes.begin(), lanes.end(), nullptr) != lanes.end()) lanes.clear();
  return lanes;
}

}  // namespace llmtrace::exporting
