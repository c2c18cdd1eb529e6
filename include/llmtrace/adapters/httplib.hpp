// Opt-in: requests of a cpp-httplib client as spans of calls of a model, also with a content receiver that
// takes the response piece by piece. It needs the program to include httplib.
#pragma once

#include <llmtrace/stream.hpp>

#include <httplib.h>
#include <string>
#include <string_view>
#include <utility>

LLMTRACE_BEGIN_NAMESPACE

// A client that exists already, called through a tracer. It refers to the client and does not own it.
// `origin` is where the client connects to, "https://api.openai.com": it tells the provider.
//
//   TracedHttpClient traced{client, "https://api.openai.com"};
//   auto reply = traced.Post("/v1/chat/completions", headers, body, "application/json");
template <class Client = httplib::Client>
class TracedHttpClient {
 public:
  TracedHttpClient(Client& client, std::string origin, StreamOptions options = {})
      : client_{&client}, origin_{std::move(origin)}, options_{std::move(options)} {}

  httplib::Result Post(const std::string& path, const httplib::Headers& headers, const std::string& body,
                       const std::string& content_type) {
    return send(request_of(path, headers, body, content_type));
  }
  httplib::Result Post(const std::string& path, const httplib::Headers& headers, const std::string& body,
                       const std::string& content_type, httplib::ContentReceiver receiver) {
    httplib::Request request = request_of(path, headers, body, content_type);
    request.content_receiver = [to = std::move(receiver)](const char* data, std::size_t size, auto...) {
      return to(data, size);
    };
    return send(std::move(request));
  }

  // Any request, with whatever handlers it has.
  httplib::Result send(httplib::Request request) {
    StreamRecorder recorder{options_};
    const std::string url = origin_ + request.path;
    recorder.set_exchange(with_url(url));
    if (options_.capture_inputs) recorder.span().record_request(request.body);
    observe(request, recorder);
    std::optional<httplib::Result> result;
    detail::move_stream(recorder, [&] { result.emplace(client_->send(request)); });
    conclude(recorder, *result, static_cast<bool>(request.content_receiver));
    return std::move(*result);
  }

  // Everything else, untraced.
  [[nodiscard]] Client* operator->() const noexcept { return client_; }

 private:
  static httplib::Request request_of(const std::string& path, const httplib::Headers& headers,
                                     const std::string& body, const std::string& content_type) {
    httplib::Request request;
    request.method = "POST";
    request.path = path;
    request.headers = headers;
    request.body = body;
    if (!content_type.empty()) request.set_header("Content-Type", content_type);
    return request;
  }

  static ExchangeHints with_url(std::string_view url) noexcept {
    ExchangeHints hints;
    hints.url = url;
    return hints;
  }
  static void describe(StreamRecorder& recorder, const httplib::Response& response) {
    const std::string type = response.get_header_value("Content-Type");
    std::string id = response.get_header_value("x-request-id");
    if (id.empty()) id = response.get_header_value("request-id");
    if (id.empty()) id = response.get_header_value("x-amzn-requestid");
    ExchangeHints hints;
    hints.status = response.status;
    hints.content_type = type;
    hints.request_id = id;
    recorder.set_exchange(hints);
  }

  // The recorder outlives the call, and with it the functions that are put into the request.
  static void observe(httplib::Request& request, StreamRecorder& recorder) {
    if (!request.content_receiver) return;
    request.content_receiver = [&recorder, to = std::move(request.content_receiver)](
                                   const char* data, std::size_t size, auto... more) {
      recorder.bytes({data, size});
      return to(data, size, more...);
    };
    request.response_handler = [&recorder,
                                to = std::move(request.response_handler)](const httplib::Response& response) {
      recorder.restart();
      describe(recorder, response);
      return !to || to(response);
    };
  }

  static void conclude(StreamRecorder& recorder, const httplib::Result& result, bool was_received) {
    if (!result) {
      if (result.error() == httplib::Error::Canceled) return recorder.cancel();
      SpanRef span = recorder.span();
      if (!span.has_field(detail::Tag::error)) span.set_error("httplib", httplib::to_string(result.error()));
      return recorder.finish();
    }
    if (!was_received) {
      describe(recorder, *result);
      recorder.bytes(result->body);
    }
    recorder.finish();
  }

  Client* client_;
  std::string origin_;
  StreamOptions options_;
};

LLMTRACE_END_NAMESPACE
