// A request on its way through the routes, what the routes work with, and how they answer.
#pragma once

#include "collector/access/keys.hpp"
#include "collector/access/site_rules.hpp"
#include "collector/assets/assets.hpp"
#include "collector/http/message.hpp"
#include "collector/http/worker_pool.hpp"
#include "collector/json/document.hpp"
#include "collector/live/live_feed.hpp"
#include "collector/store/store.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector::http {
class Server;
}

namespace llmtrace::collector::routes {

struct Services {
  Store& store;
  live::LiveFeed& live;
  http::WorkerPool& pool;
  access::Keys keys;
  access::SiteRules sites;
  std::chrono::milliseconds query_time{10'000};
  FindAsset find_asset = nullptr;  // nothing where the viewer is not built in
  std::function<UnixTime()> now{};
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  std::atomic<const http::Server*> server{nullptr};  // set once, when requests may already come

  [[nodiscard]] Deadline deadline() const { return std::chrono::steady_clock::now() + query_time; }
};

struct Call {
  Services& services;
  http::Request request;
  std::vector<std::string> parts;  // of the path, from its placeholders
  http::Fields query;
  std::string project;  // empty where the route asks for none
};

// Thrown by a route; becomes the answer.
struct Refusal {
  int status;
  std::string detail;
};

[[nodiscard]] http::Response json_response(const JsonDocument& document, int status = 200);
[[nodiscard]] http::Response error_response(int status, std::string_view detail);
// Busy in one way or another: the client should come back.
[[nodiscard]] http::Response retry_response(int status, std::string_view detail, int seconds);

// The value of a read that went well; else a Refusal that tells why. `missing` is what a 404 says.
template <class T>
[[nodiscard]] T value_of(Answer<T> answer, std::string_view missing);
[[noreturn]] void refuse_read(ReadOutcome outcome, const std::string& error, std::string_view missing);

template <class T>
T value_of(Answer<T> answer, std::string_view missing) {
  if (!answer) refuse_read(answer.outcome, answer.error, missing);
  return std::move(answer.value);
}

}  // namespace llmtrace::collector::routes
