#pragma once

#include "export/transport.hpp"
#include "net/http_loop.hpp"
#include "net/secret.hpp"

#include <string>

namespace llmtrace::exporting {

struct HttpTransportOptions {
  std::string base_url;  // checked by net::parse_url at init
  net::Secret api_key;
  std::string version;  // of llmtrace, for User-Agent
  bool gzip = false;    // bodies above 1 KiB
};

// Posts a sender's batches through the loop that all senders of the worker share.
class HttpTransport final : public Transport {
 public:
  HttpTransport(net::HttpLoop& loop, HttpTransportOptions options);
  ~HttpTransport() override;
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  [[nodiscard]] bool start(const PostRequest& request) noexcept override;
  [[nodiscard]] std::optional<net::HttpReply> take() noexcept override;
  void cancel() noexcept override;

 private:
  [[nodiscard]] net::HttpRequest to_http(const PostRequest& request) const;

  net::HttpLoop& loop_;
  HttpTransportOptions options_;
  net::HttpLoop::Id in_flight_ = 0;
};

}  // namespace llmtrace::exporting
