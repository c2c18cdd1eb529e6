// A collector of the test's own, with a store in memory unless a file is named, on a free port.
#pragma once

#include "collector/service.hpp"
#include "collector/store/sqlite_store.hpp"
#include "support/raw_client.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>

namespace llmtrace::testing_support {

using Json = nlohmann::json;

struct JsonReply {
  int status = 0;
  Json body;
  std::map<std::string, std::string> headers;
};

[[nodiscard]] inline std::unique_ptr<collector::Store> open_test_store(const std::string& file = {}) {
  collector::SqliteOptions options;
  options.file = file;
  options.in_memory = file.empty();
  options.retention_days = 0;
  auto opened = collector::open_sqlite_store(std::move(options));
  if (const auto* error = std::get_if<collector::OpenError>(&opened))
    throw std::runtime_error{error->message};
  return std::get<std::unique_ptr<collector::Store>>(std::move(opened));
}

class CollectorTest : public ::testing::Test {
 protected:
  void start(collector::ServiceOptions options = {}, const std::string& file = {}) {
    options.http.port = 0;
    service = std::make_unique<collector::Service>(open_test_store(file), std::move(options));
  }
  [[nodiscard]] std::uint16_t port() const { return service->port(); }

  // A call with the key of a project; without one when it is empty.
  JsonReply call(std::string_view method, std::string_view target, const std::string& project,
                 const std::string& body = {}) const {
    HeaderLines headers;
    if (!project.empty()) headers.push_back("X-API-Key: project-" + project);
    if (!body.empty()) headers.emplace_back("Content-Type: application/json");
    return json_of(ask(port(), method, target, headers, body));
  }
  JsonReply get(std::string_view target, const std::string& project = {}) const {
    return call("GET", target, project);
  }
  JsonReply post(std::string_view target, const std::string& project, const Json& body) const {
    return call("POST", target, project, body.dump());
  }
  JsonReply patch(std::string_view target, const std::string& project, const Json& body) const {
    return call("PATCH", target, project, body.dump());
  }

  [[nodiscard]] static JsonReply json_of(RawReply reply) {
    return {reply.status, Json::parse(reply.body, nullptr, false), std::move(reply.headers)};
  }

  std::unique_ptr<collector::Service> service;
};

}  // namespace llmtrace::testing_support
