#pragma once

#include "net/http_loop.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace llmtrace::testing_support {

inline std::chrono::steady_clock::time_point test_deadline() {
  return std::chrono::steady_clock::now() + std::chrono::seconds{30};
}

inline std::unique_ptr<net::HttpLoop> make_loop(net::HttpLoopOptions options = {}) {
  auto loop = net::HttpLoop::create(std::move(options));
  if (!loop) throw std::runtime_error("HttpLoop::create");
  return loop;
}

inline net::HttpRequest request_to(std::string url, std::string_view body = R"({"spans":[]})") {
  net::HttpRequest request;
  request.url = std::move(url);
  request.headers = {"Content-Type: application/json"};
  request.body = {body};
  return request;
}

// Polls until the reply is there.
inline net::HttpReply await(net::HttpLoop& loop, net::HttpLoop::Id id) {
  const auto deadline = test_deadline();
  while (std::chrono::steady_clock::now() < deadline) {
    if (auto reply = loop.take(id)) return std::move(*reply);
    loop.poll(std::chrono::seconds{1});
  }
  throw std::runtime_error("no reply in time");
}

inline net::HttpReply exchange(net::HttpLoop& loop, const net::HttpRequest& request) {
  return await(loop, loop.start(request));
}

}  // namespace llmtrace::testing_support
