// Counts the requests on their way through, for the books of a sink.
#pragma once

#include "export/transport.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace llmtrace::exporting {

class CountingTransport final : public Transport {
 public:
  explicit CountingTransport(std::unique_ptr<Transport> inner) noexcept : inner_{std::move(inner)} {}

  [[nodiscard]] bool start(const PostRequest& request) noexcept override {
    const bool started = inner_->start(request);
    if (started) ++count_;
    return started;
  }
  [[nodiscard]] std::optional<net::HttpReply> take() noexcept override { return inner_->take(); }
  void cancel() noexcept override { inner_->cancel(); }
  [[nodiscard]] std::uint64_t take_count() noexcept { return std::exchange(count_, 0); }

 private:
  std::unique_ptr<Transport> inner_;
  std::uint64_t count_ = 0;
};

}  // namespace llmtrace::exporting
