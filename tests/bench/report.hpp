// The figures as a table for people and as JSON for programs.
#pragma once

#include "figures.hpp"

#include <string>

namespace llmtrace::bench {

[[nodiscard]] std::string table_of(const Figures& figures);
// Without those that only the table shows.
[[nodiscard]] std::string json_of(const Figures& figures);

}  // namespace llmtrace::bench
