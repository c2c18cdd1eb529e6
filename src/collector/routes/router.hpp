// The application behind the HTTP server: says who may ask, finds the route, and turns whatever happens into
// an answer.
#pragma once

#include "collector/routes/call.hpp"

namespace llmtrace::collector::routes {

class Router final : public http::Application {
 public:
  explicit Router(Services& services) noexcept : services_{services} {}

  [[nodiscard]] std::optional<http::Response> refuse(const http::RequestHead& head) override;
  void handle(http::Request request, http::Reply reply) override;
  [[nodiscard]] http::Response explain(int status, std::string_view problem) override;

 private:
  Services& services_;
};

}  // namespace llmtrace::collector::routes
