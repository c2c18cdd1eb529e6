// What is promised of the figures, and how each is shown.
#pragma once

#include "figures.hpp"

#include <string_view>
#include <vector>

namespace llmtrace::bench {

enum class Bound { none, at_most, at_least };

struct Shown {
  std::string_view name;  // of the figure
  std::string_view unit;
  int decimals;
  Bound bound = Bound::none;
  double limit = 0;

  [[nodiscard]] bool holds(double value) const noexcept {
    if (bound == Bound::at_most) return value <= limit;
    return bound == Bound::none || value >= limit;
  }
};

// Beyond the producers, which have a table of their own.
[[nodiscard]] const std::vector<Shown>& shown_figures();

// Of a figure of the producers; without a bound when none is promised.
[[nodiscard]] Shown producer_target(std::string_view name);

}  // namespace llmtrace::bench
