// Sums by minute, hour and day, kept up to date in the transaction that changes what they sum. Used by the
// writer only.
#pragma once

#include "collector/store/sqlite/database.hpp"
#include "collector/store/sqlite/histogram.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>

namespace llmtrace::collector::sqlite {

// As stored; never renumbered.
enum class SeriesKind : std::int64_t {
  traces = 0,
  traces_by_name = 1,
  traces_by_user = 2,
  spans_by_model = 3
};

inline constexpr std::int64_t minute_nanoseconds = 60'000'000'000;
inline constexpr std::int64_t hour_nanoseconds = 60 * minute_nanoseconds;
inline constexpr std::int64_t day_nanoseconds = 24 * hour_nanoseconds;

// The beginning of the step that holds a time; also before 1970.
[[nodiscard]] constexpr std::int64_t floor_to(std::int64_t time, std::int64_t step) noexcept {
  const std::int64_t rest = time % step;
  return time - rest - (rest < 0 ? step : 0);
}

// What one trace or span adds.
struct Figures {
  std::int64_t errors = 0;
  std::int64_t tokens_input = 0;
  std::int64_t tokens_output = 0;
  std::int64_t cost = 0;
  std::optional<std::int64_t> latency;
  std::optional<std::int64_t> first_token;
  friend bool operator==(const Figures&, const Figures&) = default;
};

struct RollupSum {
  std::int64_t count = 0;
  std::int64_t errors = 0;
  std::int64_t tokens_input = 0;
  std::int64_t tokens_output = 0;
  std::int64_t cost = 0;
  Histogram latency;
  Histogram first_token;

  void add(const Figures& figures, std::int64_t times);
  void add(const RollupSum& other);
};

class Rollups {
 public:
  explicit Rollups(Database& database);

  struct Series {
    std::int64_t project = 0;
    SeriesKind kind{};
    std::int64_t facet = 0;
    friend auto operator<=>(const Series&, const Series&) = default;
  };
  // `times` is 1, or -1 to take out what was added before.
  void add(const Series& series, std::int64_t time, const Figures& figures, std::int64_t times);

  // Writes what was added since; before the commit.
  void flush();
  void forget() { changes_.clear(); }

 private:
  struct Key {
    Series series;
    std::int64_t step = 0;
    std::int64_t time = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  void bind(Statement& statement, const Key& key);
  void load(const Key& key, RollupSum& sum);
  void save(const Key& key, const RollupSum& sum);

  Statement select_;
  Statement replace_;
  Statement delete_;
  std::map<Key, RollupSum> changes_;
};

}  // namespace llmtrace::collector::sqlite
