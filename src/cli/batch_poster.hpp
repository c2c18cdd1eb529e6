// Posts items in batches and waits where the service asks to.
#pragma once

#include "net/blocking_client.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace llmtrace::cli {

class BatchPoster {
 public:
  BatchPoster(net::BlockingClient& client, std::string_view kind) : client_{client}, kind_{kind} {}

  void add(std::string_view item);
  void post();  // what is left

  [[nodiscard]] std::size_t accepted() const noexcept { return accepted_; }
  [[nodiscard]] std::size_t rejected() const noexcept { return rejected_; }
  [[nodiscard]] const std::string& first_error() const noexcept { return first_error_; }

 private:
  void take_answer(const std::string& body);

  net::BlockingClient& client_;
  std::string kind_;  // "spans" or "traces"
  std::string body_;
  std::size_t items_ = 0;
  std::size_t accepted_ = 0;
  std::size_t rejected_ = 0;
  std::string first_error_;
};

}  // namespace llmtrace::cli
