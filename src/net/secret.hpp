#pragma once

#include <string>
#include <utility>

namespace llmtrace::net {

// Holds the API key. Use it for anything that must never reach a log: it cannot be printed,
// converted or compared by accident, so every place that reads the value says `reveal()`.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) noexcept : value_(std::move(value)) {}

  [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

  // Comparing byte by byte tells a peer by its timing how much of a guess was right.
  friend bool operator==(const Secret&, const Secret&) = delete;
  template <typename Stream>
  friend Stream& operator<<(Stream&, const Secret&) = delete;

 private:
  std::string value_;
};

}  // namespace llmtrace::net
