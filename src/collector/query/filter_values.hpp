// The fields of the filter language, and how their values are read.
#pragma once

#include "collector/query/filter.hpp"
#include "collector/query/filter_language.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace llmtrace::collector {

enum class FieldType : std::uint8_t {
  text,
  status,
  span_type,
  trace_id,
  error,
  duration,
  money,
  count,
  since,
  until
};

struct FilterField {
  FilterFieldHelp help;
  FieldType type;
  TextField text{};
  NumberField number{};

  [[nodiscard]] bool is_number() const noexcept {
    return type == FieldType::duration || type == FieldType::money || type == FieldType::count;
  }
};

[[nodiscard]] const FilterField* find_filter_field(std::string_view name) noexcept;
// The known name that was probably meant; empty when none is near.
[[nodiscard]] std::string_view nearest_filter_field(std::string_view name);

// The number, or what is wrong with it.
using ReadNumber = std::variant<std::int64_t, std::string>;
[[nodiscard]] ReadNumber read_filter_number(FieldType type, std::string_view text);
// A time that is named, or that lies so long before now.
[[nodiscard]] ReadNumber read_filter_time(std::string_view text, std::int64_t now);

}  // namespace llmtrace::collector
