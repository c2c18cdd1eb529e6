// The prices of a tracer, which all its exporters share. The table is built when the first span asks for it,
// so programs that call no model do not pay for it.
#pragma once

#include "llm/prices/price_book.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace llmtrace::exporting {

// Called from lane threads.
class Pricing {
 public:
  using Warn = std::function<void(std::string_view kind, std::string_view message)>;

  // `file`: prices that extend the built-in ones and override them; empty for none. It is looked at again, at
  // most once a second, to see whether it has changed.
  Pricing(std::string file, Warn warn) : file_{std::move(file)}, warn_{std::move(warn)} {}

  // Nothing when the price is not known, of which there is one warning for each model. `time`: when the
  // exchange began, in seconds since 1970. May throw std::bad_alloc.
  [[nodiscard]] std::optional<llm::Cost> cost_of(const llm::PricedUsage& used, std::int64_t time);

 private:
  [[nodiscard]] llm::PriceBook& book(std::string& problem);
  [[nodiscard]] bool is_news(std::string name);
  void warn(std::string_view kind, const std::string& message) noexcept;

  const std::string file_;
  const Warn warn_;
  std::mutex mutex_;  // held while the file is read: only lanes wait for it
  std::optional<llm::PriceBook> book_;
  std::chrono::steady_clock::time_point looked_at_{};
  std::set<std::string, std::less<>> warned_of_;
};

}  // namespace llmtrace::exporting
