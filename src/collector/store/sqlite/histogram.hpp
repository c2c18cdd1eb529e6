// Durations counted in log-spaced buckets: percentiles within 2 % of the true value, and counts can be taken
// out again when what they counted changes or expires.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector::sqlite {

class Histogram {
 public:
  void add(std::int64_t nanoseconds, std::int64_t times = 1);
  void add(const Histogram& other);
  // Adds what encode() wrote.
  void add_encoded(std::string_view blob);
  // Buckets that are not empty. Never called while a count is negative.
  [[nodiscard]] std::string encode() const;

  [[nodiscard]] bool empty() const noexcept { return counts_.empty(); }
  // `share` is 0.5 for the median. Nothing when nothing was counted.
  [[nodiscard]] std::optional<std::int64_t> percentile(double share) const;

 private:
  void add_to_bucket(std::uint32_t bucket, std::int64_t times);

  struct Bucket {
    std::uint32_t number;
    std::int64_t count;
  };
  std::vector<Bucket> counts_;  // by number
};

}  // namespace llmtrace::collector::sqlite
