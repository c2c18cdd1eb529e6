#include "cli/command.hpp"
#include "cli/data_directory.hpp"
#include "cli/options.hpp"
#include "cli/serve_log.hpp"
#include "collector/access/site_rules.hpp"
#include "collector/assets/viewer.hpp"
#include "collector/service.hpp"
#include "collector/store/sqlite_store.hpp"
#include <llmtrace/version.hpp>

#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <sys/resource.h>

namespace llmtrace::cli {
namespace {

using collector::Service;
using collector::ServiceOptions;
using collector::SqliteOptions;

std::string numeric_address(const std::string& host) { return host == "localhost" ? "127.0.0.1" : host; }

SqliteOptions store_options(const Options& options) {
  SqliteOptions store;
  store.in_memory = options.has("--memory");
  if (store.in_memory && options.has("--db")) throw UsageError{"--memory and --db exclude each other"};
  store.file = options.value("--db").value_or(store.in_memory ? "" : default_database());
  store.retention_days = options.number("--retention-days", 0, 36'500, 90);
  store.max_bytes = options.bytes("--max-bytes", 0);
  return store;
}

ServiceOptions service_options(const Options& options) {
  ServiceOptions service;
  service.find_asset = &collector::find_viewer_asset;
  service.http.port = static_cast<std::uint16_t>(options.number("--port", 0, 65'535, 8001));
  service.http.address = numeric_address(options.value("--host").value_or("127.0.0.1"));
  service.host_names = options.values("--host-name");
  if (const auto file = options.value("--keys")) {
    auto keys = collector::access::Keys::load(*file);
    if (auto* problem = std::get_if<std::string>(&keys)) throw Failure{*file + ": " + *problem};
    service.keys = std::get<collector::access::Keys>(std::move(keys));
  }
  return service;
}

// Each connection takes a descriptor, and the usual limit is below what a server is asked to hold.
void raise_descriptor_limit(std::size_t& most_connections) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65'536);
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  constexpr rlim_t for_files = 64;
  const rlim_t left = limit.rlim_cur > 2 * for_files ? limit.rlim_cur - for_files : for_files;
  most_connections = std::min<std::size_t>(most_connections, left);
}

std::unique_ptr<collector::Store> open_store(SqliteOptions options) {
  auto opened = collector::open_sqlite_store(std::move(options));
  if (auto* error = std::get_if<collector::OpenError>(&opened)) throw Failure{error->message};
  return std::get<std::unique_ptr<collector::Store>>(std::move(opened));
}

std::string link_of(const ServiceOptions& options, std::uint16_t port) {
  const std::string& address = options.http.address;
  const bool here =
      collector::access::is_loopback_address(address) || address == "0.0.0.0" || address == "::";
  const std::string host = here                                     ? "localhost"
                           : address.find(':') != std::string::npos ? "[" + address + "]"
                                                                    : address;
  return fmt::format("http://{}:{}", host, port);
}

void print_greeting(const SqliteOptions& store, const ServiceOptions& service, std::uint16_t port) {
  const std::string link = link_of(service, port);
  const std::string kept =
      store.retention_days == 0 ? "for ever" : fmt::format("{} days", store.retention_days);
  fmt::print("llmtrace {}\n", LLMTRACE_VERSION_STRING);
  fmt::print("  viewer   {}/\n", link);
  fmt::print("  send to  TRACER_URL={}{}\n", link,
             service.keys.takes_any() ? "  (any key project-{id})" : "  (with a key of --keys)");
  fmt::print("  stored   {}\n", store.in_memory ? "in memory only" : store.file + ", kept " + kept);
  fmt::print("  stop     Ctrl-C\n");
  std::fflush(stdout);
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

// Waits for the signal on this thread; all others have it blocked.
void run_until_stopped(Service& service, const sigset_t& signals) {
  ServeLog log{service};
  constexpr timespec pause{10, 0};
  while (::sigtimedwait(&signals, nullptr, &pause) < 0) log.tick();
  log.say("stopping; once more to stop at once");
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  service.stop();
  log.say("stopped");
}

}  // namespace

int run_serve(Arguments arguments) {
  const Options options{arguments,
                        {{"--db"},
                         {"--port"},
                         {"--host"},
                         {"--keys"},
                         {"--host-name"},
                         {"--retention-days"},
                         {"--max-bytes"},
                         {"--memory", false}},
                        0};
  const SqliteOptions store = store_options(options);
  ServiceOptions service = service_options(options);
  raise_descriptor_limit(service.http.most_connections);
  const sigset_t signals = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before there are threads: they inherit it
  std::signal(SIGPIPE, SIG_IGN);
  Service running{open_store(store), service};
  print_greeting(store, service, running.port());
  run_until_stopped(running, signals);
  return success;
}

}  // namespace llmtrace::cli
