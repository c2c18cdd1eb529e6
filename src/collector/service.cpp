#include "collector/service.hpp"

#include "collector/routes/router.hpp"

#include <chrono>
#include <stdexcept>

namespace llmtrace::collector {
namespace {

constexpr std::size_t most_waiting_questions = 256;

UnixTime wall_clock() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void check_exposure(const ServiceOptions& options) {
  if (!options.keys.takes_any() || access::is_loopback_address(options.http.address)) return;
  throw std::runtime_error{"other machines could reach " + options.http.address +
                           ": that needs --keys FILE, so that not everybody can read and write"};
}

}  // namespace

struct Service::State {
  std::unique_ptr<Store> store;
  live::LiveFeed live;
  http::WorkerPool pool;
  routes::Services services;
  routes::Router router;
  std::unique_ptr<http::Server> server;

  State(std::unique_ptr<Store> given, ServiceOptions& options)
      : store{std::move(given)},
        live{store->sequence()},
        pool{options.query_threads, most_waiting_questions},
        services{*store,
                 live,
                 pool,
                 std::move(options.keys),
                 access::SiteRules{options.http.address, options.host_names},
                 options.query_time,
                 options.find_asset,
                 options.now ? options.now : &wall_clock},
        router{services} {
    store->listen([this](const Change& change) { live.publish(change); });
  }
};

Service::Service(std::unique_ptr<Store> store, ServiceOptions options) {
  check_exposure(options);
  state_ = std::make_unique<State>(std::move(store), options);
  // Made only now: its threads may ask for anything above.
  state_->server = std::make_unique<http::Server>(options.http, state_->router, state_->pool);
  state_->services.server = state_->server.get();
}

Service::~Service() { stop(); }

std::uint16_t Service::port() const noexcept { return state_->server->port(); }
Store& Service::store() noexcept { return *state_->store; }
http::ServerCounts Service::counts() const { return state_->server->counts(); }

// In this order: what the store still commits is answered by the server, and nothing asks a store that is
// gone.
void Service::stop() {
  if (!state_->store) return;
  state_->server->stop();
  state_->pool.stop();
  state_->store.reset();
}

}  // namespace llmtrace::collector
