// The table that the build made out of data/prices.
#pragma once

#include <span>
#include <string_view>

namespace llmtrace::llm {

// JSON texts in the format of the table, each one to be merged over those before it.
[[nodiscard]] std::span<const std::string_view> built_in_prices() noexcept;
// When the prices were taken over: "2026-11-21".
[[nodiscard]] std::string_view built_in_prices_date() noexcept;

}  // namespace llmtrace::llm
