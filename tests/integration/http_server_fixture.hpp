// A server with an application that says what it has received.
#pragma once

#include "collector/http/server.hpp"
#include "support/raw_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

namespace llmtrace::collector::http {

class Echo final : public Application {
 public:
  std::optional<Response> refuse(const RequestHead& head) override {
    if (head.path != "/refused") return std::nullopt;
    return explain(403, "not this path");
  }

  void handle(Request request, Reply reply) override {
    ++handled;
    if (request.path == "/never") return keep_or_drop(std::move(reply));
    if (request.path == "/stream") return reply(stream());
    Response response;
    response.content_type = "text/plain";
    response.headers.emplace_back("X-Target", request.path + "?" + request.query);
    response.body = request.body;
    reply(std::move(response));
  }

  Response explain(int status, std::string_view problem) override {
    Response response;
    response.status = status;
    response.content_type = "text/plain";
    response.body = problem;
    return response;
  }

  std::atomic<int> handled{0};
  bool keeps_replies = false;

 private:
  // Three pieces, one of them after a while of nothing.
  class ThreePieces final : public BodySource {
   public:
    Next next(std::string& out) override {
      ++calls_;
      if (calls_ == 2) return Next::rest;
      out = "piece " + std::to_string(calls_) + "\n";
      return calls_ < 4 ? Next::more : Next::end;
    }

   private:
    int calls_ = 0;
  };

  static Response stream() {
    Response response;
    response.content_type = "text/plain";
    response.source = std::make_unique<ThreePieces>();
    return response;
  }

  void keep_or_drop(Reply reply) {
    if (keeps_replies) kept_.push_back(std::move(reply));
  }

  std::vector<Reply> kept_;
};

class HttpServer : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    options.port = 0;
    server.emplace(options, echo, pool);
  }
  [[nodiscard]] std::uint16_t port() const { return server->port(); }
  [[nodiscard]] testing_support::RawReply raw(std::string_view bytes) const {
    testing_support::RawClient client{port()};
    client.send(bytes);
    return client.read_reply();
  }

  Echo echo;
  WorkerPool pool{2, 64};
  std::optional<Server> server;
};

}  // namespace llmtrace::collector::http
