// Reads a call's query parameters. What is wrong with one is a Refusal of 422 that names it.
#pragma once

#include "collector/query/filter.hpp"
#include "collector/routes/call.hpp"
#include "collector/store/query.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector::routes {

class Parameters {
 public:
  explicit Parameters(const Call& call) noexcept : call_{call} {}

  // The last one counts. Empty is the same as absent.
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t least, std::int64_t most,
                                    std::int64_t otherwise) const;
  [[nodiscard]] std::optional<double> decimal(std::string_view name) const;  // not negative
  [[nodiscard]] std::optional<UnixTime> time(std::string_view name) const;
  [[nodiscard]] std::optional<bool> flag(std::string_view name) const;
  [[nodiscard]] TimeRange time_range() const;
  // `q` and all the parameters that narrow a list, together.
  [[nodiscard]] Filter filter() const;

 private:
  void add_texts(std::vector<Filter>& parts) const;
  void add_bounds(std::vector<Filter>& parts) const;

  const Call& call_;
};

// The text field of a parameter or facet; nothing for another name.
[[nodiscard]] std::optional<TextField> text_field(std::string_view name) noexcept;

// A filter that cannot be read, with the place in it.
struct FilterRefusal {
  std::string message;
  std::size_t position;
  std::size_t length;
};

}  // namespace llmtrace::collector::routes
