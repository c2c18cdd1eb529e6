// The collector as one thing: a store, what serves it over HTTP, and who may ask. `llmtrace serve` is this
// with a command line.
#pragma once

#include "collector/access/keys.hpp"
#include "collector/assets/assets.hpp"
#include "collector/http/server.hpp"
#include "collector/store/store.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace llmtrace::collector {

struct ServiceOptions {
  http::ServerOptions http;
  access::Keys keys = access::Keys::any();
  std::vector<std::string> host_names;  // that the server may be called by, beside its address
  std::chrono::milliseconds query_time{10'000};
  std::size_t query_threads = 4;
  FindAsset find_asset = nullptr;
  std::function<UnixTime()> now;  // the wall clock, when empty
};

class Service {
 public:
  // Throws std::runtime_error: the address cannot be had, or it is not loopback and any key would do.
  Service(std::unique_ptr<Store> store, ServiceOptions options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] Store& store() noexcept;
  [[nodiscard]] http::ServerCounts counts() const;

  // Answers what is being asked, then closes the store.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmtrace::collector
