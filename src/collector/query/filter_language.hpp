// The filter language of lists and searches: `model:gpt-4o error:true cost>0.01 latency>2s tag:prod "free
// text"`. Conditions stand side by side (all hold), or are joined by OR; `-` or NOT in front negates;
// parentheses group. Values may be quoted, alternatives separated by commas (`tag:prod,eu`), and end in `*`
// (`model:gpt-*`). Grammar and fields are in docs/http-api.md.
#pragma once

#include "collector/query/filter.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace llmtrace::collector {

// `position` counts bytes from 0 and `length` is at least 1: where to put the mark below the text.
struct FilterError {
  std::string message;
  std::size_t position = 0;
  std::size_t length = 1;
};

// `now` is what relative times (`since:2h`) count from. Bounded: at most 4 KiB, 64 conditions, 16 levels.
[[nodiscard]] std::variant<Filter, FilterError> parse_filter(std::string_view text, std::int64_t now);

// For completion and help, in the order in which they should be offered.
struct FilterFieldHelp {
  std::string_view name;
  std::string_view operators;  // ":" or ": < <= = >= >"
  std::string_view meaning;
  std::string_view example;
};
[[nodiscard]] std::span<const FilterFieldHelp> filter_fields() noexcept;

}  // namespace llmtrace::collector
