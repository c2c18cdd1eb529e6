#pragma once

#include "net/http_message.hpp"
#include "net/proxy.hpp"
#include "net/url.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::net {

struct EasyCloser {
  void operator()(void* easy) const noexcept;
};
using EasyHandle = std::unique_ptr<void, EasyCloser>;

struct HeaderListCloser {
  void operator()(void* list) const noexcept;
};
using HeaderList = std::unique_ptr<void, HeaderListCloser>;

struct HttpLoopOptions {
  ProxySettings proxy;
  std::string ca_file;            // empty: the system's store
  bool allow_plain_http = false;  // http:// to other machines
};

// One request on its way: the curl handle, what it sends and what came back. A detail of HttpLoop;
// the thread of the loop only. Curl keeps pointers into it, so it is pinned.
class Transfer {
 public:
  using Clock = std::chrono::steady_clock;

  Transfer(std::uint64_t id, HttpRequest request, Clock::time_point now);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Checks the request and prepares the handle; false when it is over already and the reply says
  // why. The handle may be a used one: it keeps TLS sessions, and all its options are set anew.
  [[nodiscard]] bool prepare(EasyHandle easy, const HttpLoopOptions& options);

  // Ends the transfer with what curl says of it.
  void complete(int curl_code) noexcept;
  void finish(HttpReply::Outcome outcome, const char* error) noexcept;

  // A kept-alive connection that the peer had closed before it saw the request says nothing about
  // the peer: true once, and then the same request goes out on a fresh connection.
  [[nodiscard]] bool retry_on_fresh_connection(int curl_code) noexcept;

  void cap(Clock::time_point deadline) noexcept;

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] bool finished() const noexcept { return finished_; }
  [[nodiscard]] Clock::time_point expires_at() const noexcept { return expires_at_; }
  [[nodiscard]] void* easy() const noexcept { return easy_.get(); }
  [[nodiscard]] EasyHandle release_easy() noexcept { return std::move(easy_); }
  [[nodiscard]] HttpReply take_reply() noexcept { return std::move(reply_); }

 private:
  friend struct TransferCallbacks;

  [[nodiscard]] const char* objection(const HttpLoopOptions& options) const;
  [[nodiscard]] bool compress_body();
  [[nodiscard]] bool build_headers();
  [[nodiscard]] bool append_header(const std::string& line);
  [[nodiscard]] bool set_options(const HttpLoopOptions& options);
  [[nodiscard]] bool set_security_options(const HttpLoopOptions& options);
  [[nodiscard]] bool set_connection_options(const HttpLoopOptions& options);
  [[nodiscard]] bool set_body_options();
  [[nodiscard]] bool set_reply_options();

  std::size_t read_body(char* target, std::size_t room) noexcept;
  bool seek_body(std::int64_t offset) noexcept;
  bool store_body(std::string_view bytes);
  bool store_header(std::string_view line);

  std::uint64_t id_;
  HttpRequest request_;
  Url url_;
  Clock::time_point expires_at_;
  std::string compressed_;
  std::size_t body_size_ = 0;
  std::size_t piece_ = 0;  // where read_body goes on
  std::size_t piece_offset_ = 0;
  std::size_t header_bytes_ = 0;
  std::string date_;
  HeaderList headers_;
  EasyHandle easy_;  // after headers_: closed first, it points at them
  HttpReply reply_;
  bool retried_ = false;
  bool finished_ = false;
};

}  // namespace llmtrace::net
