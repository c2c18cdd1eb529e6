#include "export/http_transport.hpp"

#include <cstddef>
#include <utility>

namespace llmtrace::exporting {
namespace {

constexpr std::size_t gzip_above = 1024;  // below, the gain is smaller than a packet

std::string without_trailing_slashes(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

}  // namespace

HttpTransport::HttpTransport(net::HttpLoop& loop, HttpTransportOptions options)
    : loop_(loop), options_(std::move(options)) {
  options_.base_url = without_trailing_slashes(std::move(options_.base_url));
}

HttpTransport::~HttpTransport() { cancel(); }

bool HttpTransport::start(const PostRequest& request) noexcept {
  cancel();
  try {
    in_flight_ = loop_.start(to_http(request));
  } catch (...) {
    in_flight_ = 0;
  }
  return in_flight_ != 0;
}

net::HttpRequest HttpTransport::to_http(const PostRequest& request) const {
  net::HttpRequest http;
  http.url = options_.base_url;
  http.url += request.path;
  http.headers = {"Content-Type: application/json", "Accept: application/json",
                  "User-Agent: llmtrace-cpp/" + options_.version};
  http.secret_header = net::SecretHeader{"X-API-Key", options_.api_key};
  http.body.assign(request.body.begin(), request.body.end());
  http.timeout = request.timeout;
  http.connect_timeout = request.connect_timeout;
  http.method = request.method;
  http.may_repeat = request.may_repeat;
  http.most_reply_bytes = request.most_reply_bytes;
  std::size_t size = 0;
  for (const auto piece : request.body) size += piece.size();
  http.gzip = options_.gzip && size > gzip_above;
  return http;
}

std::optional<net::HttpReply> HttpTransport::take() noexcept {
  auto reply = loop_.take(in_flight_);
  if (reply) in_flight_ = 0;
  return reply;
}

void HttpTransport::cancel() noexcept { loop_.cancel(std::exchange(in_flight_, 0)); }

}  // namespace llmtrace::exporting
